import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
} from "node:fs";
import { join } from "node:path";

import { detectLevels } from "@clawkeep/sandbox";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";

import { bundle } from "./bundle.ts";
import { Place } from "./command.ts";

const levels = await detectLevels();
const isConfined = levels.bubblewrap.available || levels.landlock.available;
const allow = isConfined ? [] : ["--allow-unconfined"];
const isRoot = process.getuid?.() === 0;
const gateway = 65_534;
if (!isRoot) process.stderr.write("serve: two principals skipped, only root can be two users\n");

let place: Place;

beforeAll(async () => {
  place = new Place(["echo-json"]);
  expect((await place.run(["lock"])).code).toBe(0);
});
afterAll(() => place.remove());

const messages = (text: string): string =>
  [
    {
      id: 0,
      method: "initialize",
      params: {
        protocolVersion: "2025-11-25",
        capabilities: {},
        clientInfo: { name: "openclaw-bundle-mcp", version: "0.0.0" },
      },
    },
    { method: "notifications/initialized" },
    { id: 1, method: "tools/call", params: { name: "echo-json_echo", arguments: { text } } },
  ]
    .map((message) => `${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`)
    .join("");

/** Starts the command, and waits for these words on its standard error. */
async function started(args: readonly string[], words: RegExp): Promise<RegExpExecArray> {
  const child = spawn(process.execPath, [bundle, ...args], {
    cwd: place.folder,
    env: { PATH: process.env["PATH"] ?? "", CLAWKEEP_HOME: place.home },
    stdio: ["ignore", "pipe", "pipe"],
  });
  onTestFinished(async () => {
    child.kill("SIGTERM");
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  });
  let said = "";
  return new Promise((resolve, reject) => {
    child.stderr.on("data", (chunk: Buffer) => {
      said += chunk.toString("utf8");
      const found = words.exec(said);
      if (found !== null) resolve(found);
    });
    child.on("exit", () => reject(new Error(said)));
  });
}

/** Sends messages to a program's standard input and gives what it says until it said `lines` lines. */
async function talk(
  child: ChildProcess,
  input: string,
  lines: number,
): Promise<readonly unknown[]> {
  let said = "";
  let complained = "";
  child.stdin?.write(input);
  child.stderr?.on("data", (chunk: Buffer) => (complained += chunk.toString("utf8")));
  return new Promise((resolve, reject) => {
    child.on("exit", () => reject(new Error(complained)));
    child.stdout?.on("data", (chunk: Buffer) => {
      said += chunk.toString("utf8");
      const whole = said.trimEnd().split("\n");
      if (said.endsWith("\n") && whole.length === lines) {
        child.stdin?.end();
        resolve(whole.map((line) => JSON.parse(line) as unknown));
      }
    });
  });
}

describe("clawkeep-skill serve", () => {
  test("runs a tool by standard input, in one uid, and says so", async () => {
    const child = spawn(process.execPath, [bundle, "serve", ...allow], {
      cwd: place.folder,
      env: { PATH: process.env["PATH"] ?? "", CLAWKEEP_HOME: place.home },
      stdio: "pipe",
    });
    let label = "";
    child.stderr.on("data", (chunk: Buffer) => (label += chunk.toString("utf8")));
    const ended = once(child, "exit");
    const said = await talk(child, messages("by stdio"), 2);
    expect(said[1]).toMatchObject({ id: 1, result: { structuredContent: { text: "by stdio" } } });
    expect(await ended).toEqual([0, null]);
    expect(label).toContain("One uid");
  });

  test("runs a tool by HTTP for who has a token, and the records verify", async () => {
    const [, port = ""] = await started(
      ["serve", "--http", "0", "--token", "gateway", "--token", "laptop", ...allow],
      /127\.0\.0\.1:(\d+)\/mcp/u,
    );
    const call = (token: string): Promise<Response> =>
      fetch(`http://127.0.0.1:${port}/mcp`, {
        method: "POST",
        headers: {
          authorization: `Bearer ${token}`,
          "content-type": "application/json",
          accept: "application/json, text/event-stream",
        },
        body: messages("by HTTP").trimEnd().split("\n").at(-1) ?? "",
      });
    const file = join(place.home, "tokens", "laptop");
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect((await call("x".repeat(43))).status).toBe(401);
    const answer = await call(readFileSync(file, "utf8").trim());
    expect([answer.status, await answer.text()]).toEqual([200, expect.stringContaining("by HTTP")]);
    const shown = await place.run(["audit", "show", "--json"]);
    expect(shown.stdout).toContain('"authenticated":"laptop"');
    expect((await place.run(["audit", "verify"])).code).toBe(0);
    const log = readFileSync(join(place.home, "serve.log"), "utf8");
    expect(log).toContain('"caller":"laptop"');
    expect(log).not.toContain("by HTTP");
  });

  test("has nothing to serve without a lock, and takes one form at a time", async () => {
    const other = new Place(["echo-json"]);
    onTestFinished(() => other.remove());
    const unlocked = await other.run(["serve"]);
    expect([unlocked.code, unlocked.stderr]).toEqual([2, expect.stringContaining("SERVE_NOTHING")]);
    expect((await place.run(["serve", "--socket", "a", "--http", "0"])).code).toBe(2);
  });
});

describe("clawkeep-skill connect", () => {
  test("says when there is no service", async () => {
    const { code, stderr } = await place.run(["connect", join(place.folder, "absent", "s.sock")]);
    expect([code, stderr]).toEqual([2, expect.stringContaining("SERVICE_ABSENT")]);
  });

  test.skipIf(!isRoot)(
    "reaches the service of another uid, and nothing else of it is reachable",
    async () => {
      const folder = mkdtempSync("/tmp/keep-");
      onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
      chmodSync(folder, 0o755);
      const run = join(folder, "run");
      mkdirSync(run);
      chownSync(run, 0, gateway);
      chmodSync(run, 0o750);
      const socket = join(run, "skills.sock");
      await started(
        ["serve", "--socket", socket, "--group", String(gateway), ...allow],
        /serving at/u,
      );
      expect(statSync(socket).mode & 0o777).toBe(0o660);
      const second = await place.run(["serve", "--socket", socket, ...allow]);
      expect([second.code, second.stderr]).toEqual([2, expect.stringMatching(/FILE_LOCKED|OPEN/u)]);

      const asGateway = (file: string, args: readonly string[]): ChildProcess =>
        spawn(file, [...args], { uid: gateway, gid: gateway, cwd: "/", env: {}, stdio: "pipe" });
      // The bundle lies in a folder that only its owner may enter: the shim is a copy of what it does.
      const shim = asGateway(process.execPath, [
        "-e",
        "const c=require('node:net').connect(process.argv[1]);process.stdin.pipe(c).pipe(process.stdout)",
        socket,
      ]);
      const said = await talk(shim, messages("by socket"), 2);
      expect(said[1]).toMatchObject({ result: { structuredContent: { text: "by socket" } } });

      const own = spawn(process.execPath, [bundle, "connect", socket], { stdio: "pipe" });
      await expect(talk(own, messages("x"), 2)).rejects.toThrow(/SERVICE_FOLDER_OPEN/u);

      const audit = join(place.home, "audit");
      const attempts = `
        const fs = require("node:fs"); const [audit, socket] = process.argv.slice(1);
        const how = (f) => { try { f(); return "worked"; } catch (e) { return e.code; } };
        console.log(JSON.stringify({
          list: how(() => fs.readdirSync(audit)),
          append: how(() => fs.appendFileSync(audit + "/log.ndjson", "x")),
          truncate: how(() => fs.truncateSync(audit + "/log.ndjson")),
          unlink: how(() => fs.unlinkSync(audit + "/log.ndjson")),
          key: how(() => fs.readFileSync(audit + "/key")),
          replace: how(() => fs.unlinkSync(socket)),
          squat: how(() => fs.writeFileSync(socket + ".new", "")),
          signal: how(() => process.kill(${process.pid}, 0)),
        }));`;
      const attacker = asGateway(process.execPath, ["-e", attempts, audit, socket]);
      const [tried] = await talk(attacker, "", 1);
      expect(Object.values(tried as object)).not.toContain("worked");

      const shown = await place.run(["audit", "show", "--json", "--limit", "1"]);
      expect(shown.stdout).toContain('"transport":"mcp-socket"');
      expect(existsSync(socket)).toBe(true);
    },
  );
});
