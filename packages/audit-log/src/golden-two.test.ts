import { chmod, cp, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { afterAll, beforeAll, expect, test } from "vitest";

import { sampleStart } from "../test/sample-records.ts";
import { openAuditLog } from "./open-audit-log.ts";
import { readAuditLog } from "./read-audit-log.ts";
import { verifyAuditLog } from "./verify-audit-log.ts";

const golden: string = fileURLToPath(
  new URL("../../../fixtures/golden/audit-v2/", import.meta.url),
);
let folder = "";

beforeAll(async () => {
  // Git keeps no private modes, and a writer insists on them.
  folder = await mkdtemp(join(tmpdir(), "clawkeep-golden-"));
  for (const name of ["head.0", "head.1", "head.2", "key", "log.ndjson", "verifier"]) {
    await cp(join(golden, name), join(folder, name));
    await chmod(join(folder, name), 0o600);
  }
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

test("the golden log of format 2 verifies against its checkpoint and is gone on with", async () => {
  const checkpoint = await readFile(join(golden, "checkpoint.txt"), "utf8");
  const before = await readAuditLog(folder, { checkpoint });
  expect(before).toMatchObject({ ok: true, size: 35, checkpoint });
  expect(before.findings.map(({ code }) => code)).toEqual(["AUDIT_ROLLBACK_NOT_EXCLUDED"]);
  expect(before.executions.map(({ status }) => status)).toEqual([
    ...Array.from({ length: 17 }, () => "ended"),
    "interrupted",
  ]);
  const log = await openAuditLog({ folder });
  expect(await log.start(sampleStart)).toMatchObject({ sequence: 35 });
  await log.close();
  expect(await verifyAuditLog(folder, { checkpoint })).toMatchObject({ ok: true, size: 36 });
});
