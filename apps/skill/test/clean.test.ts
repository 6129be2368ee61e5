import { existsSync, mkdirSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { expect, test } from "vitest";

import { Place } from "./command.ts";

test("clean says what it would remove, removes that, and says it again in numbers", async () => {
  const place = new Place(["say-sh"]);
  expect((await place.run(["lock"])).code).toBe(0);
  const artifacts = join(place.home, "artifacts");
  const artifact = join(artifacts, "a".repeat(64));
  mkdirSync(artifacts, { mode: 0o700 });
  writeFileSync(artifact, "12345");
  const then = new Date(Date.now() - 8 * 24 * 3_600_000);
  utimesSync(artifact, then, then);
  writeFileSync(join(place.home, "config.yaml"), "artifacts: {days: 7}\n");

  // Its own folder for temporary files: in the machine's lie the leftovers of others.
  const start = { env: { TMPDIR: place.folder } };
  const dry = await place.run(["clean", "--dry-run"], start);
  expect([dry.code, dry.stderr, existsSync(artifact)]).toEqual([0, "", true]);
  expect(dry.stdout).toMatch(/^artifact +5 .*\n1 would be removed, 5 bytes\n$/u);
  expect(await place.json(["clean"], start)).toMatchObject({
    version: 1,
    dryRun: false,
    bytes: 5,
    removed: [{ kind: "artifact", path: artifact, bytes: 5 }],
    findings: [],
  });
  expect(existsSync(artifact)).toBe(false);
  expect((await place.run(["run", "say-sh", "--arg", "words=x"])).stdout).not.toBe("");
  place.remove();
});
