import { cpSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { Place } from "./command.ts";

let place: Place;
let anchor: string;
let before: string;

beforeAll(async () => {
  place = new Place(["say-sh"]);
  const say = (): Promise<unknown> => place.json(["run", "say-sh", "--arg", "words=a"]);
  expect((await place.run(["lock"])).code).toBe(0);
  await say();
  before = join(place.folder, "backup");
  cpSync(place.home, before, { recursive: true, mode: 0 });
  await say();
  anchor = join(place.folder, "anchor");
  writeFileSync(anchor, (await place.run(["audit", "checkpoint"])).stdout);
});

afterAll(() => place.remove());

describe("a whole older state folder that was put back", () => {
  test("verifies with the statement that a rollback cannot be excluded, and fails with an anchor", async () => {
    const whole = await place.run(["audit", "verify", "--anchor", anchor]);
    expect([whole.code, whole.stderr]).toEqual([0, ""]);
    renameSync(place.home, join(place.folder, "newer"));
    cpSync(before, place.home, { recursive: true, mode: 0 });
    const alone = await place.run(["audit", "verify"]);
    expect(alone.code).toBe(0);
    expect(alone.stdout).toContain("cannot exclude a rollback after checkpoint 2");
    const anchored = await place.run(["audit", "verify", "--anchor", anchor]);
    expect(anchored.code).toBe(1);
    expect(anchored.stdout).toMatch(
      /AUDIT_ROLLED_BACK[^]*expected at least the 4 records[^]*got 2[^]*NOT verified/u,
    );
    rmSync(place.home, { recursive: true });
    renameSync(join(place.folder, "newer"), place.home);
  });
});

describe("a witness", () => {
  test("gets every checkpoint, and its command too, and finds the older state folder out", async () => {
    const witness = join(place.folder, "witness");
    const copy = join(place.folder, "copy");
    const append = ["audit", "checkpoint", "--witness", witness];
    const program = [
      process.execPath,
      "-e",
      'process.stdin.pipe(fs.createWriteStream(process.argv[1], {flags: "a"}))',
      copy,
    ];
    const command = ["--witness-command", JSON.stringify(program)];
    const one = await place.run([...append, ...command]);
    expect([one.code, one.stderr]).toEqual([0, ""]);
    expect(readFileSync(witness, "utf8")).toBe(one.stdout);
    expect(readFileSync(copy, "utf8")).toBe(one.stdout);
    expect(statSync(witness).mode & 0o777).toBe(0o600);
    await place.json(["run", "say-sh", "--arg", "words=a"]);
    const two = await place.run(append);
    expect(readFileSync(witness, "utf8")).toBe(`${one.stdout}\n${two.stdout}`);
    const whole = await place.run(["audit", "verify", "--witness", witness]);
    expect([whole.code, whole.stderr]).toEqual([0, ""]);
    expect(whole.stdout).toContain("cannot exclude a rollback after checkpoint 6");
    expect(whole.stdout).toContain("continues every checkpoint of the witness");
    renameSync(place.home, join(place.folder, "newer"));
    cpSync(before, place.home, { recursive: true, mode: 0 });
    const found = await place.run(["audit", "verify", "--witness", witness]);
    expect(found.code).toBe(1);
    expect(found.stdout).toMatch(
      /witness:1: error AUDIT_ROLLED_BACK[^]*witness:7: error AUDIT_ROLLED_BACK[^]*NOT verified/u,
    );
    rmSync(place.home, { recursive: true });
    renameSync(join(place.folder, "newer"), place.home);
  });

  test("that does not take the checkpoint is an error with a code, never passed over", async () => {
    const take = (...args: string[]): ReturnType<Place["run"]> =>
      place.run(["audit", "checkpoint", ...args]);
    for (const [args, code] of [
      [["--witness", place.folder], "WITNESS_NOT_REGULAR"],
      [["--witness", join(place.folder, "none", "witness")], "WITNESS_FAILED"],
      [["--witness-command", '["/nonexistent/program"]'], "WITNESS_COMMAND_FAILED"],
      [["--witness-command", '["sh","-c","cat >&2; exit 3"]'], "WITNESS_COMMAND_FAILED"],
      [["--witness-command", "cat"], "USAGE"],
      [["--witness-command", "[]"], "USAGE"],
    ] as const) {
      const ended = await take(...args);
      expect([args, ended.code, ended.stderr.split(":")[0]]).toEqual([args, 2, code]);
    }
    const none = await place.run(["audit", "verify", "--witness", "nowhere"]);
    expect([none.code, none.stderr]).toEqual([2, expect.stringContaining("WITNESS_UNREADABLE")]);
  });
});

test("a key is rotated, and old files are removed, so that an anchor from before still holds or says why not", async () => {
  writeFileSync(join(place.home, "config.yaml"), "audit: { segmentRecords: 4 }\n");
  const rotated = await place.run(["audit", "rotate-key"]);
  expect([rotated.code, rotated.stderr]).toEqual([
    0,
    expect.stringContaining("has signed for key"),
  ]);
  expect(statSync(join(place.home, "audit", "key")).mode & 0o777).toBe(0o600);
  for (let turn = 0; turn < 3; turn += 1) await place.json(["run", "say-sh", "--arg", "words=a"]);
  const before = await place.run(["audit", "verify", "--anchor", anchor]);
  expect([before.code, before.stderr]).toEqual([0, ""]);
  const pruned = await place.run(["audit", "prune", "--keep", "1"]);
  expect([pruned.code, pruned.stderr]).toEqual([0, expect.stringContaining("log.ndjson")]);
  const after = await place.run(["audit", "verify", "--anchor", anchor]);
  expect([after.code, after.stdout]).toEqual([
    1,
    expect.stringContaining("AUDIT_CHECKPOINT_REMOVED"),
  ]);
  writeFileSync(anchor, pruned.stdout);
  const anchored = await place.run(["audit", "verify", "--anchor", anchor]);
  expect([anchored.code, anchored.stdout]).toEqual([0, expect.stringContaining("of them removed")]);
  expect((await place.run(["audit", "prune", "--keep", "0"])).stderr).toContain("USAGE");
  expect((await place.run(["audit", "report"])).code).toBe(0);
});

test("a proof holds where the log is not, and not after a change", async () => {
  const { executions } = await place.json(["audit", "show"]);
  const [{ id }] = executions as [{ id: string }];
  const verifier = readFileSync(join(place.home, "audit", "verifier"), "utf8").trim();
  const elsewhere = new Place();
  for (const [args, type] of [
    [[], "execution-start"],
    [["--end"], "execution-end"],
  ] as const) {
    const made = await place.run(["audit", "prove", id, ...args]);
    expect([made.code, made.stderr]).toEqual([0, ""]);
    const file = join(elsewhere.folder, "proof.json");
    writeFileSync(file, made.stdout);
    const check = ["audit", "prove", "--check", file];
    const held = await elsewhere.run([...check, "--verifier", verifier]);
    expect([held.code, held.stderr]).toEqual([0, ""]);
    expect(held.stdout).toContain(`${type} of ${id}`);
    expect((await elsewhere.run(check)).stderr).toContain("VERIFIER_UNREADABLE");
    writeFileSync(file, made.stdout.replace('"time":"2', '"time":"1'));
    const changed = await place.run(check);
    expect([changed.code, changed.stdout]).toEqual([1, expect.stringContaining("NOT proven")]);
  }
  elsewhere.remove();
  const none = await place.run(["audit", "prove"]);
  expect([none.code, none.stderr]).toEqual([2, expect.stringContaining("USAGE")]);
});
