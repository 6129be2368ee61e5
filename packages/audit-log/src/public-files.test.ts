import { mkdtemp, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, expect, test } from "vitest";

import { openAuditLog } from "./open-audit-log.ts";
import { publicLogFiles } from "./public-files.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "clawkeep-public-"));
});
afterEach(async () => rm(folder, { recursive: true }));

test("of a log all can be seen but the private key and the lock", async () => {
  const log = await openAuditLog({ folder });
  await log.close();
  const files = await publicLogFiles(folder);
  expect(files).toEqual(["log.ndjson", "head.0", "head.1", "head.2", "verifier"]);
  const hidden = (await readdir(folder)).filter((name) => !files.includes(name));
  expect(hidden).toContain("key");
});

test("what is not a file of a log, or a link that has the name of one, is not public", async () => {
  await writeFile(join(folder, "key"), "private");
  await writeFile(join(folder, "notes"), "");
  await symlink("key", join(folder, "verifier"));
  expect(await publicLogFiles(folder)).toEqual([]);
});
