import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { afterEach, beforeEach, expect, test } from "vitest";

import { bundle } from "./bundle.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "claw-init-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function run(
  program: string,
  args: readonly string[],
  more: Readonly<Record<string, string>> = {},
  keys?: (text: string) => string | undefined,
): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: folder,
      env: { PATH: "/usr/bin:/bin", HOME: folder, TERM: "xterm", ...more },
      stdio: [keys === undefined ? "ignore" : "pipe", "pipe", "pipe"],
    });
    let [stdout, stderr] = ["", ""];
    child.stdout?.on("data", (part: Buffer) => {
      stdout += part.toString("utf8");
      const typed = keys?.(stdout);
      if (typed !== undefined) child.stdin?.write(typed);
    });
    child.stderr?.on("data", (part: Buffer) => (stderr += part.toString("utf8")));
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, stdout, stderr }));
  });
}

const claw = (
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Ended> => run(process.execPath, [bundle, ...args], env);

/** The least that any machine can run: the model is elsewhere. */
const small = ["--profile", "notebook", "--model", "openrouter/meta/llama-3.1-8b-instruct:free"];

test("G13, G16: init without a terminal writes a spec with reasons from the advice, or says why this machine cannot", async () => {
  const { code, stderr } = await claw(["init"], { CLAWBOT_NON_INTERACTIVE: "1" });
  const advice = JSON.parse((await claw(["advise", "--json"])).stdout) as {
    readonly advice: { readonly model: string; readonly profile: string };
  };
  if (code !== 0) {
    // A runner with one processor or a full disk: then with the number and the row.
    expect(stderr).toMatch(/error HOST_[A-Z_]+: .*[0-9].*\([A-Z][0-9]+/u);
    expect(readdirSync(folder)).toEqual([]);
    return;
  }
  const text = readFileSync(path.join(folder, "deploy.yaml"), "utf8");
  expect(text).toContain(`profile: ${advice.advice.profile} # `);
  expect(text).toContain(`primary: ${advice.advice.model}`);
  expect(text.split("\n").length).toBeLessThanOrEqual(13);
  expect((await claw(["check"])).code).toBe(0);
});

test("T5 L21: a model that no machine has room for is refused with the number and the row, and nothing is written", async () => {
  const args = ["init", "--yes", "--profile", "notebook", "--model", "ollama/llama3.3:70b"];
  const { code, stderr } = await claw(args);
  if (code === 0) return;
  expect([code, readdirSync(folder)]).toEqual([1, []]);
  expect(stderr).toMatch(
    /HOST_MODEL_TOO_BIG: ollama\/llama3\.3:70b needs [0-9.]+ GB .*\(G20, L21, T5, T17\)/u,
  );
});

test.each([
  [["--profile", "castle"], "INIT_OPTION"],
  [["--port", "80"], "INIT_OPTION"],
  [["--channel", "pigeon"], "INIT_OPTION"],
  [["--bind", "0.0.0.0"], "INIT_OPTION"],
])("init %j is refused", async (args, code) => {
  const ended = await claw(["init", ...args]);
  expect([ended.code, ended.stderr, readdirSync(folder)]).toEqual([
    2,
    expect.stringContaining(code),
    [],
  ]);
});

test("G13: what was said by options stands in the spec; what does not hold is not written", async () => {
  const args = [
    "init",
    "mine.yaml",
    "--name",
    "home",
    "--port",
    "18800",
    "--no-ui",
    ...small,
    "--json",
  ];
  const ended = await claw([...args, "--internet", "--channel", "telegram"]);
  const said = JSON.parse(ended.stdout) as { readonly ok: boolean; readonly written?: string };
  if (said.ok) {
    expect(said.written).toContain("gateway: {port: 18800, ui: false, exposure: loopback}");
    expect(said.written).toContain("telegram: {token: file:telegram-token}");
    expect(readFileSync(path.join(folder, "mine.yaml"), "utf8")).toBe(said.written);
  }
  const offline = await claw(["init", "two.yaml", "--yes", ...small]);
  expect([offline.code, existsSync(path.join(folder, "two.yaml"))]).toEqual([1, false]);
  expect(offline.stderr).toContain("DEPLOY_OFFLINE");
});

test("a spec that is there is not overwritten", async () => {
  writeFileSync(path.join(folder, "deploy.yaml"), "mine");
  const { code, stderr } = await claw(["init", "--yes"]);
  expect([code, readFileSync(path.join(folder, "deploy.yaml"), "utf8")]).toEqual([2, "mine"]);
  expect(stderr).toContain("INIT_EXISTS");
});

const script = "/usr/bin/script";
const words = [process.execPath, bundle, "init"].map((one) => `'${one}'`).join(" ");
// Without a width the terminal of `script` has no columns, and one letter stands on each line.
const command = `stty cols 120 rows 40; exec ${words}`;

test.skipIf(!existsSync(script))(
  "G13: at a terminal the wizard asks; Ctrl-C at its second question leaves nothing",
  async () => {
    let typed = 0;
    const keys = (text: string): string | undefined => {
      if (typed === 0 && text.includes("What is it called?")) {
        typed = 1;
        return "\r";
      }
      if (typed === 1 && text.includes("How is it laid out?")) {
        typed = 2;
        return "\u0003";
      }
      return undefined;
    };
    const { code, stdout } = await run(script, ["-qec", command, "/dev/null"], {}, keys);
    expect([typed, code, readdirSync(folder)]).toEqual([2, 1, []]);
    expect(stdout).toContain("Nothing was written.");
  },
);
