import { appendFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { afterAll, beforeAll, expect, test } from "vitest";

import { Place } from "./command.ts";

let place: Place;
let script: string;
let id: string;

beforeAll(async () => {
  place = new Place(["say-sh"]);
  script = join(place.folder, "skills", "say-sh", "scripts", "say.sh");
  // It prints the time, and what it was given.
  writeFileSync(script, "date +%s%N\ncat\n");
  await place.run(["lock"]);
  const run = ["run", "say-sh", "--arg", "words=quiet", "--output", "kept"];
  id = String((await place.json(run))["id"]);
});

afterAll(() => place.remove());

test("a replay of a run whose text is not in the record is refused, and nothing is run", async () => {
  const { code, stdout, stderr } = await place.run(["audit", "replay", id]);
  expect([code, stdout]).toEqual([2, ""]);
  expect(stderr).toContain("refused (arguments): nothing was run");
  expect(stderr).toMatch(/REPLAY_ARGUMENT_REDACTED: argument "words"[^]*give the value again/u);
  const json = await place.json(["audit", "replay", id]);
  expect(json).toMatchObject({ version: 1, kind: "refusal", execution: id, stage: "arguments" });
  expect((await place.json(["audit", "show"]))["total"]).toBe(1);
});

test("a replay of a skill that is not deterministic shows where it differs, with exit code 1", async () => {
  const args = ["audit", "replay", id, "--arg", "words=quiet", "--recorded-output", "kept"];
  const { code, stdout, stderr } = await place.run(args);
  expect([code, stderr]).toEqual([1, ""]);
  expect(stdout).toMatch(/^different: say-sh say, recorded as \S+, done again as /u);
  expect(stdout).toMatch(/ line 1; - recorded, \+ now\n {2}-\d+\n {2}\+\d+\n {3}quiet\n/u);
  expect(stdout).toContain("promise   the contract promises equal bytes");
});

test("a replay of a changed skill is refused, and one that is equal ends with exit code 0", async () => {
  writeFileSync(script, "cat\n");
  const refused = await place.run(["audit", "replay", id, "--arg", "words=quiet"]);
  expect([refused.code, refused.stdout]).toEqual([2, ""]);
  expect(refused.stderr).toContain("LOCK_SKILL_CHANGED");
  await place.run(["lock"]);
  const relocked = await place.json(["audit", "replay", id, "--arg", "words=quiet"]);
  expect(JSON.stringify(relocked)).toContain("SKILL_NOT_EXPECTED");
  const again = await place.json(["run", "say-sh", "--arg", "words=loud"]);
  const equal = ["audit", "replay", String(again["id"]), "--args-json", "-"];
  const { code, stdout } = await place.run(equal, { input: '{"words":"loud"}' });
  expect([code, stdout]).toEqual([0, expect.stringMatching(/^equal: [^]*, as recorded\n/u)]);
  appendFileSync(join(place.home, "audit", "log.ndjson"), "{}\n");
  const beyond = await place.run(equal, { input: '{"words":"loud"}' });
  expect([beyond.code, beyond.stderr]).toEqual([2, expect.stringContaining("refused (log)")]);
});
