import { spawn } from "node:child_process";
import {
  chmodSync,
  existsSync,
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

import { afterEach, beforeEach, expect, test } from "vitest";

import { bundle } from "./bundle.ts";

/*
 * A provider's key that exists nowhere else is planted in each place that a spec can refer to. After everything that
 * `claw` does with a deployment it is still there, and nowhere else.
 */

const canary = "sk-or-v1-c4n4ry0c4n4ry0c4n4ry0c4n4ry0c4n4ry0";
/** As it is, and as an encoding of it would be written. */
const traces = [
  canary,
  Buffer.from(canary).toString("base64").slice(4, -4),
  Buffer.from(canary).toString("hex"),
];
let home = "";

beforeEach(() => {
  home = mkdtempSync(path.join(tmpdir(), "claw-canary-"));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const has = (text: string): boolean => traces.some((one) => text.includes(one));

/** What a command printed, and what was seen of it in the process list while it ran. */
async function claw(
  args: readonly string[],
  more: Readonly<Record<string, string>> = {},
): Promise<string> {
  const child = spawn(process.execPath, [bundle, ...args], {
    cwd: home,
    env: { PATH: "/usr/bin:/bin", HOME: home, ...more },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  child.stdout.on("data", (part: Buffer) => (said += part.toString("latin1")));
  child.stderr.on("data", (part: Buffer) => (said += part.toString("latin1")));
  const watched = setInterval(() => (said += processes(child.pid ?? 0)), 20);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  });
  clearInterval(watched);
  return `${args[0] ?? ""} ended with ${code}\n${said}`;
}

/** Command lines of all processes, and environments of those that the command started. */
function processes(started: number): string {
  if (!existsSync("/proc/self")) return "";
  return readdirSync("/proc")
    .filter((name) => /^[0-9]+$/u.test(name))
    .map((pid) => {
      try {
        const parent = /^PPid:\t([0-9]+)$/mu.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
        const own =
          Number(parent) === started ? readFileSync(`/proc/${pid}/environ`, "latin1") : "";
        return readFileSync(`/proc/${pid}/cmdline`, "latin1") + own;
      } catch {
        return "";
      }
    })
    .join("\n");
}

/** Files below the home that hold the key in any form, but the place that it was planted in. */
function leaks(planted: string): readonly string[] {
  return readdirSync(home, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .filter((file) => file !== planted && has(readFileSync(file, "latin1")));
}

/** Only root, and the uid that containers have, can make such a copy. */
const isOwner = [0, 1000].includes(process.geteuid?.() ?? 0);

const copiesOf = (files: readonly string[]): readonly string[] =>
  files
    .map((one) => path.join(home, path.dirname(one), "container", path.basename(one)))
    .filter((one) => existsSync(one));

const hosted =
  "models: {primary: openrouter/deepseek/deepseek-chat-v3.2, fallbacks: [ollama/llama3.2:3b]}\negress: {mode: allowlist}\n";
const searching = "capabilities: {webSearch: gemini}\n";

interface Case {
  readonly name: string;
  readonly spec: string;
  /** Where the key lies, below the home. */
  readonly files: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}

const cases: readonly Case[] = [
  {
    name: "a Docker secret",
    spec: `profile: hybrid\n${hosted}${searching}`,
    files: ["rendered/secrets/openrouter-key", "rendered/secrets/search-key"],
  },
  {
    name: "a credential of systemd",
    spec: `profile: bare-metal\n${hosted}`,
    files: ["rendered/secrets/openrouter-key"],
  },
  {
    name: "a file of a notebook",
    spec: `profile: notebook\n${hosted}`,
    files: [".openclaw-home/secrets/openrouter-key"],
  },
  {
    name: "a variable of a notebook",
    spec: `profile: notebook\n${hosted}secrets: {openrouterKey: env:OPENROUTER_API_KEY}\n`,
    files: [],
    environment: { OPENROUTER_API_KEY: canary },
  },
  {
    name: "a command that is not run",
    spec: `profile: bare-metal\n${hosted}secrets: {openrouterKey: exec:vault/claw/openrouter, commands: {vault: {command: HOME/vault, args: [read]}}}\n`,
    files: ["vault"],
  },
];

test.skipIf(process.geteuid?.() !== 0)(
  "C13, C23: the container's copy of the token is its user's, follows a new token, and a second apply writes nothing",
  async () => {
    const cage = "profile: cage\nmodels: {primary: ollama/gpt-oss:20b}\n";
    writeFileSync(path.join(home, "deploy.yaml"), `deploy: 1\nname: home\n${cage}`);
    expect(await claw(["apply", "deploy.yaml"])).toMatch(/^apply ended with 0\n/u);
    const token = path.join(home, "rendered", "secrets", "gateway-token");
    const copy = path.join(home, "rendered", "secrets", "container", "gateway-token");
    const same = (uid: number): void => {
      expect([statSync(copy).uid, statSync(copy).mode & 0o777]).toEqual([uid, 0o400]);
      expect(readFileSync(copy)).toEqual(readFileSync(token));
    };
    same(1000);
    const first = readFileSync(token, "utf8");
    const made = statSync(copy).ino;
    expect(await claw(["apply", "deploy.yaml"])).toContain("unchanged");
    expect(statSync(copy).ino).toBe(made);
    expect(await claw(["token", "home", "--show"])).toContain(first);
    const rotated = await claw(["regenerate-token", "home", "--yes"]);
    expect(rotated).toMatch(/^regenerate-token ended with 0\n/u);
    expect(readFileSync(token, "utf8")).not.toBe(first);
    same(1000);
    // A daemon whose containers have ids of their own; the next apply remembers them.
    await claw(["apply", "deploy.yaml", "--container-ids", "100000"]);
    same(101_000);
    await claw(["apply", "deploy.yaml"]);
    same(101_000);
    expect(await claw(["apply", "deploy.yaml", "--container-ids", "me"])).toContain(
      "CONTAINER_IDS",
    );
  },
);

test.each(cases)(
  "S12, C1, C19: a key in $name is nowhere else",
  async ({ spec, files, environment = {} }) => {
    writeFileSync(
      path.join(home, "deploy.yaml"),
      `deploy: 1\nname: home\n${spec.replaceAll("HOME", home)}`,
    );
    for (const file of files) {
      const whole = path.join(home, file);
      mkdirSync(path.dirname(whole), { recursive: true, mode: 0o700 });
      const isCommand = file === "vault";
      const marks = `#!/bin/sh\ntouch ${home}/vault-ran\necho ${canary}\n`;
      writeFileSync(whole, isCommand ? marks : `${canary}\n`, { mode: 0o600 });
      if (isCommand) chmodSync(whole, 0o700);
    }
    if (files.length > 1) expect(leaks(path.join(home, files[0] ?? ""))).toHaveLength(1);
    const said = [
      await claw(["check", "deploy.yaml"], environment),
      await claw(["render", "deploy.yaml", "--out", "elsewhere"], environment),
      await claw(["apply", "deploy.yaml"], environment),
      await claw(["apply", "deploy.yaml", "--json"], environment),
      await claw(["plan", "deploy.yaml"], environment),
      await claw(["history", "home"], environment),
    ];
    for (const one of said)
      expect([one.split("\n")[0], has(one)]).toEqual([one.split("\n")[0], false]);
    expect(said[2]).toMatch(/^apply ended with 0\n/u);
    const planted = files.map((one) => path.join(home, one));
    // What compose mounts: a copy for the container's user, which nobody else of the host can read.
    const copies = copiesOf(files);
    if (spec.startsWith("profile: hybrid")) expect(copies).toHaveLength(isOwner ? files.length : 0);
    for (const copy of copies) expect(statSync(copy).mode & 0o777).toBe(0o400);
    planted.push(...copies);
    expect(leaks("").filter((file) => !planted.includes(file))).toEqual([]);
    expect(existsSync(path.join(home, "vault-ran"))).toBe(false);
  },
);
