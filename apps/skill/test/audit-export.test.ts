import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { afterAll, beforeAll, expect, test } from "vitest";

import { Place } from "./command.ts";

let place: Place;
let ids: readonly string[];

beforeAll(async () => {
  place = new Place(["say-sh"]);
  await place.run(["lock"]);
  ids = [
    String((await place.json(["run", "say-sh", "--arg", "words=one"]))["id"]),
    String((await place.json(["run", "say-sh", "--arg", "words=two"]))["id"]),
  ];
});

afterAll(() => place.remove());

test("the records that are asked for are exported, line by line as they are in the log", async () => {
  const log = readFileSync(join(place.home, "audit", "log.ndjson"), "utf8");
  const all = await place.run(["audit", "export", "--skill", "say-sh", "--since", "2020-01-01"]);
  expect([all.code, all.stdout, all.stderr]).toEqual([0, log, ""]);
  const one = await place.run(["audit", "export", ids[1] ?? ""]);
  expect(one.stdout).toBe(log.split("\n").slice(2).join("\n"));
  const none = await place.run(["audit", "export", "--until", "2020-01-01"]);
  expect([none.code, none.stdout]).toEqual([0, ""]);
  const unknown = await place.run(["audit", "export", "000000000000-9"]);
  expect([unknown.code, unknown.stderr]).toEqual([
    2,
    expect.stringContaining("AUDIT_EXECUTION_UNKNOWN"),
  ]);
});

test("an attestation holds where the log is not, and not after a change", async () => {
  const [id = ""] = ids;
  const made = await place.run(["audit", "export", "--attestation", id]);
  expect([made.code, made.stderr]).toEqual([0, ""]);
  const verifier = readFileSync(join(place.home, "audit", "verifier"), "utf8").trim();
  const elsewhere = new Place();
  const file = join(elsewhere.folder, "attestation.json");
  writeFileSync(file, made.stdout);
  const check = ["audit", "export", "--check", file];
  const held = await elsewhere.run([...check, "--verifier", verifier]);
  expect([held.code, held.stderr]).toEqual([0, ""]);
  const { createHash } = await import("node:crypto");
  const digest = createHash("sha256").update("one").digest("hex");
  expect(held.stdout).toContain(`attested: ${id} of log `);
  expect(held.stdout).toContain(`\nstdout sha256:${digest}\n`);
  writeFileSync(file, made.stdout.replace(/"payload":"(.)(.)/u, '"payload":"$2$1'));
  const changed = await place.run(check);
  expect([changed.code, changed.stdout]).toEqual([1, expect.stringContaining("NOT attested")]);
  for (const args of [["--attestation"], ["--attestation", ...ids], ["--verifier", verifier]]) {
    const wrong = await place.run(["audit", "export", ...args]);
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining("USAGE")]);
  }
  elsewhere.remove();
});
