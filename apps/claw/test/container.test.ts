import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

import { afterAll, describe, expect, test } from "vitest";

const sources = fileURLToPath(new URL("../src/", import.meta.url));
const folder = mkdtempSync(path.join(tmpdir(), "claw-container-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function run(
  program: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(
      process.execPath,
      ["--conditions=source", path.join(sources, program), ...args],
      {
        cwd: folder,
        env: { PATH: "/usr/bin:/bin", HOME: folder, ...environment },
        stdio: ["ignore", "pipe", "pipe"],
      },
    );
    const texts = { stdout: "", stderr: "" };
    for (const name of ["stdout", "stderr"] as const) {
      child[name].setEncoding("utf8").on("data", (part: string) => (texts[name] += part));
    }
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, ...texts }));
  });
}

const claw = (...args: readonly string[]): Promise<Ended> => run("main.ts", ["container", ...args]);
const inside = (
  args: readonly string[],
  environment?: Readonly<Record<string, string>>,
): Promise<Ended> => run("container-program.ts", args, environment);

describe("claw container", () => {
  test("L22: files are written once into a new folder", async () => {
    const target = path.join(folder, "files");
    expect((await claw("files", target, "--port", "19000")).code).toBe(0);
    expect(readdirSync(target).toSorted()).toEqual([
      ".env.example",
      "Dockerfile",
      "compose.gpu.yaml",
      "compose.yaml",
    ]);
    expect(readFileSync(path.join(target, "compose.yaml"), "utf8")).toContain("19000");
    const again = await claw("files", target);
    expect([again.code, again.stderr.split(":")[0]]).toEqual([2, "RENDER_NOT_WRITTEN"]);
  });

  test("L2, L23: what is built is shown by --dry-run; several platforms are pushed", async () => {
    const one = await claw("build", "--dry-run", "--gpu");
    expect(one.stdout).toMatch(
      /^docker build --target all --tag claw-container:[0-9.]+ --build-arg LIBRARIES=ollama-all \//u,
    );
    const floating = await claw("build", "--dry-run", "--floating", "--tag", "x:1");
    expect(floating.stdout).toMatch(/--tag x:1 --pull --no-cache/u);
    const both = ["--platform", "linux/amd64,linux/arm64"];
    expect((await claw("build", "--dry-run", ...both)).stderr).toContain("CONTAINER_PLATFORMS");
    expect((await claw("build", "--dry-run", "--push", ...both)).stdout).toMatch(
      /^docker buildx build --push --platform linux\/amd64,linux\/arm64 /u,
    );
  });

  test("L23: a backup stops the container, runs closed over its volume, and starts it again", async () => {
    const { stdout } = await claw(
      ...["backup", "b/claw.tar", "--image", "i:1", "--container", "clawlama", "--dry-run"],
    );
    const [stop, work, start] = stdout.trim().split("\n");
    expect([stop, start]).toEqual(["docker stop --time 350 clawlama", "docker start clawlama"]);
    for (const word of ["--network none", "--read-only", "--cap-drop ALL", "clawlama-data:/data"]) {
      expect(work).toContain(word);
    }
    expect(work).toMatch(/i:1 backup \/backup\/claw\.tar$/u);
    const restore = await claw(
      "restore",
      "b/claw.tar",
      "--image",
      "i:1",
      "--volume",
      "v",
      "--dry-run",
    );
    expect(restore.stdout).toMatch(/--volume v:\/data --volume \S+\/b:\/backup:ro i:1 restore/u);
  });

  test("L23: a program that stands in for docker is asked in this order, and its failure is told", async () => {
    const bin = path.join(folder, "bin");
    mkdirSync(bin);
    const log = path.join(folder, "docker.log");
    writeFileSync(path.join(bin, "docker"), `#!/bin/sh\necho "$1" >> '${log}'\n[ "$1" != run ]\n`, {
      mode: 0o755,
    });
    const args = ["container", "backup", "claw.tar", "--image", "i:1", "--container", "c"];
    const ended = await run("main.ts", args, { PATH: `${bin}:/usr/bin:/bin` });
    expect(ended.code).toBe(1);
    expect(readFileSync(log, "utf8")).toBe("stop\nrun\nstart\n");
  });

  test.each([
    ["files", "x", "--port", "80"],
    ["build", "--port", "70000"],
    ["backup", "claw.tar", "--image", "i", "--volume", "a:b"],
  ])("L22: %s %s %s %s is refused as usage", async (...args) => {
    const ended = await claw(...args);
    expect([ended.code, ended.stderr.split(":")[0]]).toEqual([2, "USAGE"]);
  });
});

describe("claw-container, in the image", () => {
  test("L9: help names every variable with its default", async () => {
    const { code, stdout } = await inside(["help"]);
    expect(code).toBe(0);
    for (const word of [
      "CLAWLAMA_MODEL=gpt-oss:20b",
      "CLAWLAMA_CONTEXT_WINDOW=131072",
      "OLLAMA_MODELS=/data/ollama",
    ]) {
      expect(stdout).toContain(word);
    }
  });

  test("L12, L14: report says what the machine has, and what is wrong with the settings", async () => {
    const { code, stdout, stderr } = await inside(["report"], { CLAWLAMA_MAX_TOKENS: "x" });
    expect(code).toBe(1);
    expect(stdout).toContain("physical cores");
    expect(stderr).toContain("CLAWLAMA_MAX_TOKENS");
  });

  test("L10: config prints JSON", async () => {
    const { stdout } = await inside(["config"], { CLAWLAMA_MODEL: "llama3.2:3b" });
    expect(JSON.parse(stdout)).toMatchObject({
      agents: { defaults: { model: { primary: "ollama/llama3.2:3b" } } },
    });
  });

  test("L6: health is 1 and says why where nothing runs", async () => {
    const { code, stdout } = await inside(["health"], {
      CLAWLAMA_OPENCLAW_PORT: "1025",
      OLLAMA_HOST: "127.0.0.1:1026",
    });
    expect(code).toBe(1);
    expect(stdout).toMatch(/gateway \/healthz: .*Ollama \/api\/tags: /u);
  });

  test("L15: the token goes to a terminal, and to nothing else without --show", async () => {
    const { code, stdout, stderr } = await inside(["token"]);
    expect([code, stdout, stderr.split(":")[0]]).toEqual([2, "", "TOKEN_NOT_SHOWN"]);
  });

  test.each([["backup"], ["backup", "claw.tar"], ["restore", "claw.tar"], ["nonsense"]])(
    "L23: %s %s is refused as usage",
    async (...args) => {
      const ended = await inside(args.filter((one) => one !== undefined));
      expect([ended.code, ended.stderr.split(":")[0]]).toEqual([2, "USAGE"]);
    },
  );
});
