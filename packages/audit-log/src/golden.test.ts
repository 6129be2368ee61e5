import { chmod, cp, mkdtemp, readFile, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { canonicalJson } from "@clawkeep/integrity";
import type { JsonValue } from "@clawkeep/integrity";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { sampleStart } from "../test/sample-records.ts";
import { openAuditLog } from "./open-audit-log.ts";
import { readAuditLog } from "./read-audit-log.ts";
import { verifyAuditLog } from "./verify-audit-log.ts";

const golden: string = fileURLToPath(
  new URL("../../../fixtures/golden/audit-v1/", import.meta.url),
);
/** Its checkpoint, kept elsewhere: here. */
const checkpoint: string =
  "clawkeep/audit/ea1107acb889602040841faca21e7da0\n7\nIgVzUQggV3ScIHEQqE8gMnRmqLdvbM1B3PBsJnzTJRA=\n\n— clawkeep/audit/ea1107acb889602040841faca21e7da0 rcPLtxXoajdgl8VIGd8G29ioc9a9ArTFvxbVabsbYlWKL+SMnMXO+ZebXPmxbUrSAh0rAs97VSRYcMbHYYhPKrYnvwE=\n";
let folder = "";

beforeAll(async () => {
  // Git keeps no private modes, and a writer insists on them.
  folder = await mkdtemp(join(tmpdir(), "clawkeep-golden-"));
  for (const name of await readdir(golden)) {
    await cp(join(golden, name), join(folder, name));
    await chmod(join(folder, name), 0o600);
  }
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

describe("the golden log of format 1", () => {
  test("verifies, against its checkpoint and its key too", async () => {
    const verifierKey = await readFile(join(golden, "verifier"), "utf8");
    const verification = await verifyAuditLog(folder, { checkpoint, verifierKey });
    expect(verification).toMatchObject({
      ok: true,
      size: 7,
      root: "sha256:22057351082057749c207110a84f20327466a8b76f6ccd41dcf06c267cd32510",
      identity: { log: "ea1107acb889602040841faca21e7da0", key: "adc3cbb7" },
      checkpoint,
    });
    expect(verification.findings.map(({ code }) => code)).toEqual(["AUDIT_ROLLBACK_NOT_EXCLUDED"]);
  });

  test("has the records that were written then", async () => {
    const { executions, records } = await readAuditLog(folder);
    expect(executions.map(({ id, status }) => [id, status])).toEqual([
      ["ea1107acb889-0", "ended"],
      ["ea1107acb889-2", "ended"],
      ["ea1107acb889-4", "interrupted"],
      ["ea1107acb889-6", "interrupted"],
    ]);
    expect(records[5]).toMatchObject({ type: "log-healed", present: 1271, expected: 1371 });
    expect(executions[1]).toMatchObject({
      start: {
        form: "resident",
        resident: { process: "r1", request: 1 },
        arguments: {
          query: {
            keyed: "hmac-sha256:4364079f026f321940f8965247b7bfd5ce533cd910ea6a74f8873cc260af110a",
            bytes: 34,
          },
        },
      },
      end: {
        ended: "timeout",
        signal: "SIGKILL",
        provenance: { numbers: [0, -1.5, 1e-7, Number.MAX_SAFE_INTEGER], nothing: null },
      },
    });
  });

  test("has lines that are written today as they were then", async () => {
    const { records } = await readAuditLog(folder);
    const lines = records.map((record) => `${canonicalJson(record as unknown as JsonValue)}\n`);
    expect(lines.join("")).toBe(await readFile(join(golden, "log.ndjson"), "utf8"));
  });

  test("is gone on with by today's writer, which gives the same keyed digests", async () => {
    const log = await openAuditLog({ folder });
    expect(log.keyedDigest("what is written in the golden log?")).toBe(
      "hmac-sha256:4364079f026f321940f8965247b7bfd5ce533cd910ea6a74f8873cc260af110a",
    );
    expect(await log.start(sampleStart)).toEqual({ sequence: 7, id: "ea1107acb889-7" });
    await log.close();
    expect(await verifyAuditLog(folder, { checkpoint })).toMatchObject({ ok: true, size: 8 });
  });
});
