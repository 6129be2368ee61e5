import { spawn } from "node:child_process";
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import path from "node:path";

import { describe, expect, onTestFinished, test } from "vitest";

import { askService } from "../lines/ask-service.ts";
import { claimPlace } from "../place/claim-place.ts";
import { socketPlace } from "../place/socket-place.ts";
import { echoLines, release } from "../stand.cases.ts";

const coded = (code: string): unknown => expect.objectContaining({ code });
const isRoot = process.getuid?.() === 0;
const nobody = 65_534;
if (!isRoot) {
  process.stderr.write("squatted-socket: skipped, only root can be two users\n");
}

/** In /tmp, where everybody can make folders. */
function everybodysFolder(): string {
  const folder = mkdtempSync("/tmp/clawkeep-squat-");
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A server of another user; says what it was asked. */
async function squat(socket: string): Promise<{ readonly asked: () => string }> {
  let asked = "";
  const script = `require("node:net").createServer((c) => c.on("data", (d) => {
    process.stdout.write(d); c.write('{"id":1,"ok":true,"output":{"release":{"version":"9.9.9","built":0}}}\\n');
  })).listen(process.argv[1], () => process.stdout.write("listening\\n"))`;
  const child = spawn(process.execPath, ["-e", script, socket], {
    uid: nobody,
    gid: nobody,
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  await new Promise<void>((resolve) => {
    child.stdout.on("data", (chunk: Buffer) => {
      asked += chunk.toString("utf8");
      if (asked.startsWith("listening\n")) resolve();
    });
  });
  return { asked: () => asked.replace("listening\n", "") };
}

describe.skipIf(!isRoot)("a socket of another uid", () => {
  test("in a folder that was made before ours is asked nothing, and nobody serves there", async () => {
    const home = everybodysFolder();
    chmodSync(home, 0o755);
    const place = socketPlace(home, "echo");
    mkdirSync(place.folder, { mode: 0o700 });
    chownSync(place.folder, nobody, nobody);
    const squatter = await squat(place.socket);
    await expect(askService(place.socket, { method: "hello" })).rejects.toThrow(
      coded("SERVICE_FOLDER_FOREIGN"),
    );
    await expect(claimPlace(place, release)).rejects.toThrow(coded("FOLDER_FOREIGN"));
    expect(squatter.asked()).toBe("");
  });

  test("in a folder of ours is asked nothing, and is not taken for a stale one", async () => {
    const home = everybodysFolder();
    chmodSync(home, 0o755);
    const place = socketPlace(home, "echo");
    mkdirSync(place.folder, { mode: 0o777 });
    chmodSync(place.folder, 0o777);
    const squatter = await squat(place.socket);
    chmodSync(place.folder, 0o700);
    await expect(askService(place.socket, { method: "hello" })).rejects.toThrow(
      coded("SERVICE_SOCKET_FOREIGN"),
    );
    await expect(echoLines(home)).rejects.toThrow(coded("SERVICE_PATH_TAKEN"));
    expect(squatter.asked()).toBe("");
    expect(existsSync(place.socket)).toBe(true);
  });

  test("cannot be reached or removed by it when it is ours", async () => {
    const home = everybodysFolder();
    chmodSync(home, 0o755);
    await using stand = await echoLines(home);
    const script = `const fs = require("node:fs"); const [s] = process.argv.slice(1);
      const tries = { unlink: () => fs.unlinkSync(s), list: () => fs.readdirSync(${JSON.stringify(path.dirname(stand.place.socket))}) };
      const seen = Object.entries(tries).map(([n, f]) => { try { f(); return n + " worked"; } catch (e) { return e.code; } });
      require("node:net").connect(s).on("connect", () => end("connected")).on("error", (e) => end(e.code));
      function end(how) { process.stdout.write(JSON.stringify([...seen, how])); process.exit(); }`;
    const said = await new Promise<string>((resolve) => {
      const child = spawn(process.execPath, ["-e", script, stand.place.socket], {
        uid: nobody,
        gid: nobody,
      });
      let text = "";
      child.stdout.on("data", (chunk: Buffer) => (text += chunk.toString("utf8")));
      child.on("close", () => resolve(text));
    });
    expect(JSON.parse(said)).toEqual(["EACCES", "EACCES", "EACCES"]);
  });

  test("is talked to when it is the one that is expected, and its folder is its own", async () => {
    const home = everybodysFolder();
    chmodSync(home, 0o755);
    const folder = path.join(home, "run");
    mkdirSync(folder, { mode: 0o750 });
    chmodSync(folder, 0o750);
    chownSync(folder, nobody, nobody);
    const socket = path.join(folder, "keep.sock");
    await squat(socket);
    const answer = await askService(socket, { method: "hello", trust: { owner: nobody } });
    expect(answer.kind).toBe("answer");
    chmodSync(folder, 0o770);
    await expect(askService(socket, { method: "hello", trust: { owner: nobody } })).rejects.toThrow(
      coded("SERVICE_FOLDER_OPEN"),
    );
  });
});
