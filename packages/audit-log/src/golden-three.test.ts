import { chmod, cp, mkdtemp, readFile, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { afterAll, beforeAll, expect, test } from "vitest";

import { sampleStart } from "../test/sample-records.ts";
import { openAuditLog } from "./open-audit-log.ts";
import { readAuditLog } from "./read-audit-log.ts";
import { verifyAuditLog } from "./verify-audit-log.ts";

const goldens: string = fileURLToPath(new URL("../../../fixtures/golden/", import.meta.url));
let base = "";

/** Git keeps no private modes, and a writer insists on them. */
async function copyOf(name: string): Promise<string> {
  const folder = await mkdtemp(join(base, "log-"));
  for (const file of await readdir(join(goldens, name))) {
    if (/\.(?:txt|md)$/u.test(file)) continue;
    await cp(join(goldens, name, file), join(folder, file));
    await chmod(join(folder, file), 0o600);
  }
  return folder;
}

const read = (name: string): Promise<string> => readFile(join(goldens, "audit-v3", name), "utf8");

beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), "clawkeep-golden-"));
});

afterAll(async () => {
  await rm(base, { recursive: true });
});

test("the golden log of format 3 verifies by either key and is gone on with", async () => {
  const folder = await copyOf("audit-v3");
  const checkpoint = await read("checkpoint.txt");
  const verifierKey = await read("verifier-before-rotation.txt");
  const before = await readAuditLog(folder, { checkpoint, verifierKey });
  expect(before).toMatchObject({
    ok: true,
    size: 30,
    removed: 8,
    root: "sha256:7effb8dcc4cb19455d445feb1bbc3e1db8a7c5e99f122322b9fc9edaa3360f7c",
    identity: { log: "baefc553a9e9248e05fc82bce27320d7", key: "8227278d" },
    earlierKeys: ["95716c00"],
    checkpoint,
  });
  const old = { checkpoint: await read("checkpoint-before-rotation.txt"), verifierKey };
  expect((await verifyAuditLog(folder, old)).ok).toBe(true);
  expect(before.records[0]).toMatchObject({ type: "segment-started", format: 3, sequence: 8 });
  expect(before.executions.map(({ status }) => status)).toEqual([
    ...Array.from({ length: 8 }, () => "ended"),
    "interrupted",
  ]);
  const log = await openAuditLog({ folder });
  expect(await log.start(sampleStart)).toMatchObject({ sequence: 30 });
  await log.close();
  expect(await verifyAuditLog(folder, { checkpoint })).toMatchObject({ ok: true, size: 31 });
});

test("a log of an earlier format goes on in segments, and under a new key", async () => {
  for (const name of ["audit-v1", "audit-v2"]) {
    const folder = await copyOf(name);
    const { checkpoint = "", size } = await verifyAuditLog(folder);
    const log = await openAuditLog({ folder, segmentRecords: 5 });
    await log.rotateKey();
    for (let turn = 0; turn < 6; turn += 1) await log.start(sampleStart);
    await log.close();
    const after = await readAuditLog(folder, { checkpoint });
    expect([name, after.ok, after.earlierKeys?.length]).toEqual([name, true, 1]);
    expect(after.records.slice(size).every(({ format }) => format === 3)).toBe(true);
    expect(after.records.some(({ type }) => type === "segment-started")).toBe(true);
  }
});
