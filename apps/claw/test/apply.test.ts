import { spawn } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

import { afterEach, beforeEach, expect, test } from "vitest";

import { freePort } from "./free-port.ts";

const source = fileURLToPath(new URL("../src/main.ts", import.meta.url));
let home = "";

beforeEach(() => {
  home = mkdtempSync(path.join(tmpdir(), "claw-apply-"));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function claw(...args: readonly string[]): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ["--conditions=source", source, ...args], {
      cwd: home,
      env: { PATH: "/usr/bin:/bin", HOME: home },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let [stdout, stderr] = ["", ""];
    child.stdout.on("data", (part: Buffer) => (stdout += part.toString("utf8")));
    child.stderr.on("data", (part: Buffer) => (stderr += part.toString("utf8")));
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, stdout, stderr }));
  });
}

function spec(model: string, more = ""): void {
  const text = `deploy: 1\nname: home\nprofile: notebook\nmodels:\n  primary: ${model}\n${more}`;
  writeFileSync(path.join(home, "deploy.yaml"), text);
}

const read = (...names: readonly string[]): string =>
  readFileSync(path.join(home, ...names), "utf8");

/** Everything under the home, without the token's own file. */
function everythingElse(): string {
  return readdirSync(home, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name !== "gateway-token")
    .map((entry) => readFileSync(path.join(entry.parentPath, entry.name), "latin1"))
    .join("\n");
}

test("T22 C13 G14 S16: apply writes a notebook once, keeps its token, and shows drift; rollback and history", async () => {
  spec("ollama/gpt-oss:20b");
  const planned = await claw("apply", "--dry-run");
  expect([planned.code, readdirSync(home)]).toEqual([0, ["deploy.yaml"]]);

  const first = await claw("apply");
  expect([first.code, first.stderr]).toEqual([0, ""]);
  expect(first.stdout).toContain("applied 1");
  const secret = path.join(home, ".openclaw-home", "secrets", "gateway-token");
  const token = readFileSync(secret, "utf8").trim();
  expect(token).toMatch(/^[0-9a-f]{64}$/u);
  expect(statSync(secret).mode & 0o777).toBe(0o600);
  const config = path.join(home, ".config", "claw-home", "openclaw.json");
  expect(statSync(config).mode & 0o777).toBe(0o600);
  const before = readFileSync(config, "utf8");
  expect(read("rendered", "config", "openclaw.json")).toBe(before);

  const second = await claw("apply", "--json");
  expect(JSON.parse(second.stdout)).toEqual({
    version: 1,
    outcome: "unchanged",
    recovered: false,
    changes: [],
  });
  expect((await claw("plan", "--check")).code).toBe(0);

  spec("ollama/qwen2.5-coder:7b");
  writeFileSync(config, "by hand");
  const drifted = await claw("apply");
  expect([drifted.code, readFileSync(config, "utf8")]).toEqual([1, "by hand"]);
  expect(drifted.stdout).toContain(`change ${config} (changed since it was applied last)`);
  expect((await claw("apply", "--overwrite-drift")).code).toBe(0);
  expect(readFileSync(config, "utf8")).toContain("qwen2.5-coder:7b");
  expect(readFileSync(secret, "utf8").trim()).toBe(token);

  expect((await claw("rollback", "home")).code).toBe(0);
  expect(readFileSync(config, "utf8")).toBe(before);
  const history = await claw("history", "home");
  expect(history.stdout.split("\n").filter((line) => line !== "")).toHaveLength(3);
  expect(history.stdout).toContain("rollback to 1  applied");
  const said = [first, second, drifted, history].map(({ stdout, stderr }) => stdout + stderr);
  expect(`${said.join("\n")}${everythingElse()}`).not.toContain(token);
});

test("S1: apply --start runs a notebook's gateway until stop, and not twice", async () => {
  const program = path.join(home, "oc", "node_modules", "openclaw", "openclaw.mjs");
  mkdirSync(path.dirname(program), { recursive: true });
  // Stands in for OpenClaw: ready at the port of the configuration that it is told to read.
  writeFileSync(
    program,
    `import { readFileSync } from "node:fs"; import { createServer } from "node:http";
     const { gateway } = JSON.parse(readFileSync(process.env.OPENCLAW_CONFIG_PATH, "utf8"));
     createServer((_, answer) => answer.end('{"ok":true,"ready":true}')).listen(gateway.port, "127.0.0.1");`,
  );
  const port = await freePort();
  spec("ollama/gpt-oss:20b", `gateway: {port: ${port}}\n`);
  const start = (): Promise<Ended> =>
    claw("apply", "--start", "--without-model", "--openclaw", "oc");
  const asks = (): Promise<number> =>
    fetch(`http://127.0.0.1:${port}/readyz`).then(
      ({ status }) => status,
      () => 0,
    );
  try {
    const first = await start();
    expect([first.code, first.stderr, await asks()]).toEqual([0, "", 200]);
    expect((await start()).stdout).toBe("unchanged\n");
  } finally {
    expect((await claw("stop", "home")).stdout).toBe("home stopped\n");
  }
  expect(await asks()).toBe(0);
});

test("S12: a key that is not there is asked for before anything is written", async () => {
  spec(
    "openrouter/deepseek/deepseek-chat-v3.2",
    "egress:\n  mode: allowlist\n  allow:\n    - {host: openrouter.ai, why: the model}\n",
  );
  const { code, stderr } = await claw("apply");
  expect([code, readdirSync(home)]).toEqual([2, ["deploy.yaml"]]);
  expect(stderr).toContain("SECRET_MISSING");
});

test.each(["other", "../../etc", "."])(
  "history and rollback know no deployment %s",
  async (name) => {
    for (const command of ["history", "rollback"]) {
      const { code, stderr } = await claw(command, name);
      expect([code, readdirSync(home)]).toEqual([2, []]);
      expect(stderr).toContain("DEPLOYMENT_UNKNOWN");
    }
  },
);
