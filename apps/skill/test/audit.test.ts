import { cpSync, renameSync, rmSync, writeFileSync } from "node:fs";
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
