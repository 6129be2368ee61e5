import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { promisify } from "node:util";

import { lockFile, makeOwnedFolder } from "@clawkeep/durable-files";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { executed, makeWorkspace, request } from "../../test/workspace.ts";
import type { TestWorkspace } from "../../test/workspace.ts";
import { cleanState, lockSkills, openRuntime } from "../index.ts";
import type { CleanReport } from "../index.ts";
import { keepArtifact } from "../running/keep-artifact.ts";

const day = 24 * 3_600_000;
const child: string = path.join(import.meta.dirname, "..", "..", "test", "leave-scratch.ts");
let place: TestWorkspace;
let temporary: string;

beforeEach(async () => {
  place = await makeWorkspace("plain");
  temporary = path.join(place.base, "tmp");
  mkdirSync(temporary);
});
afterEach(() => place.remove());

const clean = (more: Partial<Parameters<typeof cleanState>[0]> = {}): Promise<CleanReport> =>
  cleanState({ home: place.home, temporary, ...more });
const kinds = ({ removed }: CleanReport): readonly string[] => removed.map(({ kind }) => kind);
const age = (at: string, days: number): void => {
  const then = new Date(Date.now() - days * day);
  utimesSync(at, then, then);
};
const closures = (): readonly string[] =>
  readdirSync(path.join(place.home, "closures")).filter((name) => !name.startsWith("."));
const inHome = (...parts: readonly string[]): string => path.join(place.home, ...parts);

describe("artifacts", () => {
  test("go when the owner's days are over, or the contract's, whichever is sooner", async () => {
    const old = await keepArtifact(place.home, Buffer.from("old"));
    const brief = await keepArtifact(place.home, Buffer.from("brief"), 2);
    const fresh = await keepArtifact(place.home, Buffer.from("fresh"), 2);
    age(old, 8);
    writeFileSync(`${brief}.until`, `${new Date(Date.now() - 1000).toISOString()}\n`);
    const report = await clean({ configuration: { artifacts: { days: 7 } } });
    expect(kinds(report)).toEqual(["artifact", "artifact"]);
    expect(report.bytes).toBe(8);
    expect([old, brief, `${brief}.until`, fresh].map((file) => existsSync(file))).toEqual([
      false,
      false,
      false,
      true,
    ]);
  });

  test("an output that comes again is kept as long as the longest asks for", async () => {
    const file = await keepArtifact(place.home, Buffer.from("again"), 1);
    const first = readFileSync(`${file}.until`, "utf8");
    await keepArtifact(place.home, Buffer.from("again"), 9);
    expect(readFileSync(`${file}.until`, "utf8") > first).toBe(true);
    const longest = readFileSync(`${file}.until`, "utf8");
    await keepArtifact(place.home, Buffer.from("again"), 1);
    expect(readFileSync(`${file}.until`, "utf8")).toBe(longest);
    await keepArtifact(place.home, Buffer.from("again"));
    expect(existsSync(`${file}.until`)).toBe(false);
  });

  test("the oldest go while all are too large, and none that nobody had the time to read", async () => {
    const size = 700_000;
    const files: string[] = [];
    for (const [index, days] of [3, 2, 0].entries()) {
      const file = await keepArtifact(place.home, Buffer.alloc(size, index));
      age(file, days);
      files.push(file);
    }
    const configuration = { artifacts: { megabytes: 1 } };
    expect((await clean({ configuration, dryRun: true })).bytes).toBe(2 * size);
    expect(files.every((file) => existsSync(file))).toBe(true);
    expect((await clean({ configuration })).bytes).toBe(2 * size);
    expect(files.map((file) => existsSync(file))).toEqual([false, false, true]);
    writeFileSync(files[2] ?? "", Buffer.alloc(3 * size));
    expect((await clean({ configuration })).bytes).toBe(0);
  });
});

describe("programs", () => {
  test("that a lock refers to stay, however long nothing used them", async () => {
    for (const name of closures()) age(inHome("closures", name), 400);
    expect(kinds(await clean())).toEqual([]);
  });

  test("that no lock refers to go once nothing has used them for days", async () => {
    const [name = ""] = closures();
    rmSync(path.join(place.workspace, "skills.lock"));
    expect(kinds(await clean())).toEqual([]);
    age(inHome("closures", name), 31);
    const report = await clean();
    expect(report.removed).toMatchObject([{ kind: "closure", path: inHome("closures", name) }]);
    expect(report.bytes).toBeGreaterThan(100);
    expect(closures()).toEqual([]);
  });

  test("whose lock cannot be read stay, all of them, and that is said", async () => {
    for (const name of closures()) age(inHome("closures", name), 400);
    writeFileSync(path.join(place.workspace, "skills.lock"), "{");
    const report = await clean();
    expect(kinds(report)).toEqual([]);
    expect(report.findings.map(({ code }) => code)).toEqual(["CLEAN_LOCK_UNREADABLE"]);
    expect(closures()).toHaveLength(1);
  });

  test("a run notes the use, so that its program stays while another lock names it", async () => {
    const [name = ""] = closures();
    // As in a state folder of an earlier version: nobody noted the lock.
    rmSync(inHome("locks"), { recursive: true });
    age(inHome("closures", name), 400);
    await using runtime = await openRuntime({ ...place, environment: {} });
    executed(await runtime.invoke({ ...request("write"), skill: "plain" }));
    expect(statSync(inHome("closures", name)).mtimeMs).toBeGreaterThan(Date.now() - day);
    age(inHome("closures", name), 400);
    expect(kinds(await clean())).toEqual([]);
  });

  test("what was cleaned away is refused, and locking makes it again", async () => {
    const [name = ""] = closures();
    rmSync(inHome("locks"), { recursive: true });
    age(inHome("closures", name), 31);
    expect(kinds(await clean())).toEqual(["closure"]);
    await using runtime = await openRuntime({ ...place, environment: {} });
    const ask = { ...request("write"), skill: "plain" };
    expect(await runtime.invoke(ask)).toMatchObject({
      stage: "lock",
      findings: [{ code: "LOCK_PROGRAM_ABSENT" }],
    });
    await lockSkills(["skills/plain"], place);
    expect(executed(await runtime.invoke(ask)).ok).toBe(true);
  });

  test("copies that were not finished go, and interpreters that no program needs", async () => {
    mkdirSync(inHome("closures", ".0123456789abcdef.tmp", "files"), { recursive: true });
    writeFileSync(inHome("closures", ".0123456789abcdef.tmp", "files", "a"), "12345");
    const interpreter = inHome("interpreters", "a".repeat(64));
    mkdirSync(interpreter, { recursive: true });
    chmodSync(inHome("interpreters"), 0o700);
    writeFileSync(path.join(interpreter, "node"), "1234567");
    age(interpreter, 31);
    const report = await clean();
    expect(kinds(report)).toEqual(["temporary", "interpreter"]);
    expect(report.bytes).toBe(12);
  });
});

describe("folders of runs", () => {
  test("go when their process is gone, with all that a program did to them; those of a live one stay", async () => {
    mkdirSync(inHome("scratch"), { mode: 0o700, recursive: true });
    const mine = makeOwnedFolder(inHome("scratch"), "run");
    const sandboxes = makeOwnedFolder(temporary, "clawkeep_run");
    const left = await leave();
    const canary = path.join(place.base, "canary");
    writeFileSync(canary, "untouched");
    symlinkSync(canary, path.join(left, "link"));
    symlinkSync(place.base, path.join(left, "folder"));
    mkdirSync(path.join(left, "closed"));
    writeFileSync(path.join(left, "closed", "file"), "12345");
    chmodSync(path.join(left, "closed"), 0o000);
    mkdirSync(path.join(temporary, "of-somebody-else"));
    const report = await clean();
    expect(report).toMatchObject({ removed: [{ kind: "scratch", path: left }], findings: [] });
    expect([mine, sandboxes, canary].map((at) => existsSync(at))).toEqual([true, true, true]);
    expect(readdirSync(inHome("scratch"))).toHaveLength(1);
    expect(existsSync(path.join(temporary, "of-somebody-else"))).toBe(true);
  });

  test("that hold secrets go as soon as the next runtime is opened", async () => {
    const left = await leave();
    expect(readFileSync(path.join(left, "TOKEN"), "utf8")).toBe("a-canary-of-a-secret");
    const runtime = await openRuntime({ ...place, environment: {} });
    await runtime.close();
    expect(existsSync(left)).toBe(false);
  });

  test("a link that stands for the folder is not gone through", async () => {
    const outside = path.join(place.base, "outside");
    mkdirSync(outside);
    const left = await leave();
    const moved = path.join(outside, path.basename(left));
    await promisify(execFile)("mv", [left, moved]);
    symlinkSync(moved, left);
    await clean();
    expect(existsSync(path.join(moved, "TOKEN"))).toBe(true);
  });
});

describe("a second cleaning", () => {
  test("waits, and says so when it waited for too long", async () => {
    await clean();
    const lock = await lockFile(inHome("clean.lock"));
    await expect(clean({ waitMs: 1 })).rejects.toMatchObject({ code: "FILE_LOCKED" });
    lock.close();
    expect(kinds(await clean())).toEqual([]);
  });

  test("goes on with what a killed one began", async () => {
    mkdirSync(inHome("scratch", ".0123456789abcdef.tmp"), { recursive: true });
    chmodSync(inHome("scratch"), 0o700);
    writeFileSync(inHome(".head.json.0123456789ab.tmp"), "torn");
    age(inHome(".head.json.0123456789ab.tmp"), 2);
    expect(kinds(await clean()).toSorted()).toEqual(["scratch", "temporary"]);
    expect(kinds(await clean())).toEqual([]);
  });

  test("of a state folder that is not there finds nothing and makes nothing", async () => {
    const home = path.join(place.base, "absent");
    expect(await cleanState({ home, temporary })).toEqual({ removed: [], bytes: 0, findings: [] });
    expect(existsSync(home)).toBe(false);
  });

  test("through a link as state folder is refused", async () => {
    symlinkSync(place.home, path.join(place.base, "link"));
    await expect(
      cleanState({ home: path.join(place.base, "link"), temporary }),
    ).rejects.toMatchObject({ code: "FOLDER_IS_LINK" });
  });
});

/** A folder with a secret of a runtime that was killed. */
async function leave(): Promise<string> {
  const dead = spawn(process.execPath, ["--conditions=source", child, place.home]);
  const [chunk] = (await once(dead.stdout, "data")) as [Buffer];
  dead.kill("SIGKILL");
  await once(dead, "exit");
  return chunk.toString().trim();
}
