import { execFile } from "node:child_process";
import { cp, mkdtemp, readFile, readdir, rename, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";

import { sampleEnd, sampleStart } from "../test/sample-records.ts";
import { chainedSegments } from "./chained-segments.ts";
import { checkProof } from "./check-proof.ts";
import { logPaths } from "./log-paths.ts";
import { openAuditLog } from "./open-audit-log.ts";
import { proveRecord } from "./prove-record.ts";
import { pruneAuditLog } from "./prune-audit-log.ts";
import { publicLogFiles } from "./public-files.ts";
import { readAuditLog } from "./read-audit-log.ts";
import { listSegments, segmentName } from "./segments.ts";
import { verifyAuditLog } from "./verify-audit-log.ts";
import type { VerifyOptions } from "./verify-audit-log.ts";

const writer: string = new URL("../test/writer.ts", import.meta.url).pathname;
let base = "";
let whole = "";
let folder = "";
/** By the number of records that they count. */
const checkpoints = new Map<number, string>();

/** A log of ten executions in segments of six records, of which one is `segment-started`. */
beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), "clawkeep-segments-"));
  whole = join(base, "whole");
  const log = await openAuditLog({ folder: whole, segmentRecords: 6 });
  for (let run = 0; run < 10; run += 1) {
    const { id } = await log.start(sampleStart);
    const { sequence } = await log.end(sampleEnd(id));
    checkpoints.set(sequence + 1, await log.checkpoint());
  }
  await log.close();
});

afterAll(async () => rm(base, { recursive: true }));

beforeEach(async () => {
  folder = await mkdtemp(join(base, "copy-"));
  await cp(whole, folder, { recursive: true });
});

async function codes(options: VerifyOptions = {}): Promise<readonly string[]> {
  const { findings } = await verifyAuditLog(folder, options);
  return findings.map(({ code }) => code).filter((code) => code !== "AUDIT_ROLLBACK_NOT_EXCLUDED");
}

function removeBefore(sequence: number): Promise<unknown> {
  return openAuditLog({ folder, segmentRecords: 6 }).then(async (log) => {
    const removed = await log.removeSegments(sequence);
    await log.close();
    return removed;
  });
}

describe("a log in segments", () => {
  test("is one log: it verifies, against every checkpoint, and has all executions", async () => {
    expect(await listSegments(folder)).toEqual([0, 6, 12, 18]);
    for (const [size, checkpoint] of checkpoints) {
      expect([size, await codes({ checkpoint })]).toEqual([size, []]);
    }
    const history = await readAuditLog(folder, { witness: [...checkpoints.values()].join("\n") });
    expect(history).toMatchObject({ ok: true, size: 23, removed: 0 });
    expect(history.executions.map(({ status }) => status)).toEqual(Array(10).fill("ended"));
    const started = history.records.filter(({ type }) => type === "segment-started");
    expect(started.map(({ sequence, format }) => [sequence, format])).toEqual([
      [6, 3],
      [12, 3],
      [18, 3],
    ]);
    expect(await publicLogFiles(folder)).toEqual([
      ...[0, 6, 12, 18].map(segmentName),
      ...["head.0", "head.1", "head.2", "verifier"],
    ]);
  });

  test("is gone on with by several writers, each of which sees the others' segments", async () => {
    const logs = await Promise.all([0, 1].map(() => openAuditLog({ folder, segmentRecords: 3 })));
    for (let turn = 0; turn < 8; turn += 1) {
      await Promise.all(
        logs.map(async (log) => log.end(sampleEnd((await log.start(sampleStart)).id))),
      );
    }
    await Promise.all(logs.map((log) => log.close()));
    expect(await codes()).toEqual([]);
    expect((await readAuditLog(folder)).executions).toHaveLength(26);
  });

  test("is split by bytes too", async () => {
    const log = await openAuditLog({ folder, segmentBytes: 4000 });
    for (let turn = 0; turn < 6; turn += 1)
      await log.end(sampleEnd((await log.start(sampleStart)).id));
    await log.close();
    expect((await listSegments(folder)).length).toBeGreaterThan(5);
    expect(await codes()).toEqual([]);
  });

  test.each<[string, (path: (first: number) => string) => Promise<unknown>, string]>([
    ["its first segment", (path) => rm(path(0)), "AUDIT_SEGMENT_MISSING"],
    ["a middle segment", (path) => rm(path(6)), "AUDIT_SEGMENT_MISSING"],
    ["its last segment", (path) => rm(path(18)), "AUDIT_LOG_MISSING"],
    ["the end of a segment", (path) => truncate(path(12), 100), "AUDIT_RECORD_MALFORMED"],
    ["all of a segment", (path) => truncate(path(12), 0), "AUDIT_SEGMENT_MISSING"],
  ])("is found out when %s is taken away", async (_, change, code) => {
    await change((first) => join(folder, segmentName(first)));
    expect(await codes()).toContain(code);
    expect((await verifyAuditLog(folder)).ok).toBe(false);
  });

  test("is found out when segments are renamed, joined, changed in one byte, or more than the head has", async () => {
    const path = (first: number): string => join(folder, segmentName(first));
    const bytes = await readFile(path(6));
    for (const change of [
      () => rename(path(6), path(7)),
      () => writeFile(path(6), Buffer.concat([bytes, bytes])),
      () => writeFile(path(6), bytes.toString("utf8").replace("query", "quest")),
      () => writeFile(path(6), bytes.subarray(bytes.indexOf(0x0a) + 1)),
      () => writeFile(path(24), bytes),
      async () => {
        await writeFile(path(0), Buffer.concat([await readFile(path(0)), bytes]));
        await rm(path(6));
      },
    ]) {
      await rm(folder, { recursive: true });
      await cp(whole, folder, { recursive: true });
      expect((await verifyAuditLog(folder)).ok).toBe(true);
      await change();
      expect((await verifyAuditLog(folder)).ok).toBe(false);
    }
  });
});

test("the segments are found without listing their folder, from the head backwards", async () => {
  const found = async (): Promise<readonly number[]> => {
    const paths = logPaths(folder);
    const heads = await Promise.all(paths.slots.map((path) => readFile(path)));
    const beginning = async (first: number, length: number): Promise<Uint8Array | undefined> =>
      (await readFile(join(folder, segmentName(first))).catch(() => undefined))?.subarray(
        0,
        length,
      );
    return chainedSegments({ heads, beginning });
  };
  expect(await found()).toEqual([0, 6, 12, 18]);
  await writeFile(join(folder, segmentName(18)), "");
  expect(await found()).toEqual([0, 6, 12, 18]);
  await removeBefore(12);
  expect(await found()).toEqual([12, 18]);
  await writeFile(join(folder, segmentName(12)), "{");
  expect(await found()).toEqual([12, 18]);
  await rm(folder, { recursive: true });
  await (await openAuditLog({ folder })).close();
  expect(await found()).toEqual([0]);
});

describe("segments that were removed on the record", () => {
  test("leave a log that verifies and goes on, and says what is not there", async () => {
    expect(await removeBefore(17)).toEqual({ first: 12, removed: [0, 6] });
    expect(await listSegments(folder)).toEqual([12, 18]);
    expect(await codes()).toEqual(["AUDIT_RECORDS_REMOVED"]);
    const history = await readAuditLog(folder);
    expect(history).toMatchObject({ ok: true, removed: 12 });
    expect(history.records[0]).toMatchObject({ type: "segment-started", sequence: 12 });
    expect(history.records.at(-1)).toMatchObject({ type: "segments-removed", before: 12 });
    const log = await openAuditLog({ folder });
    await log.start(sampleStart);
    await log.close();
    expect(await codes()).toEqual(["AUDIT_RECORDS_REMOVED"]);
  });

  test("agree with every checkpoint of as many records or more, and with no earlier one", async () => {
    await removeBefore(12);
    for (const [size, checkpoint] of checkpoints) {
      const expected = size < 12 ? "AUDIT_CHECKPOINT_REMOVED" : "AUDIT_RECORDS_REMOVED";
      expect([size, (await codes({ checkpoint })).at(-1)]).toEqual([size, expected]);
    }
    const witness = [...checkpoints.values()].join("\n");
    expect((await verifyAuditLog(folder, { witness })).ok).toBe(true);
    const early = [...checkpoints].filter(([size]) => size < 12).map(([, one]) => one);
    expect(await codes({ witness: early.join("\n") })).toContain("AUDIT_CHECKPOINT_REMOVED");
  });

  test("can be put back, and are found out when others are put in their place", async () => {
    await removeBefore(12);
    for (const first of [0, 6]) {
      await cp(join(whole, segmentName(first)), join(folder, segmentName(first)));
    }
    expect(await codes()).toEqual([]);
    await cp(join(whole, segmentName(6)), join(folder, segmentName(0)));
    expect((await verifyAuditLog(folder)).ok).toBe(false);
  });

  test("are found out when more is gone than the record allows, or the tree of the rest was changed", async () => {
    await removeBefore(12);
    const path = join(folder, segmentName(12));
    const text = await readFile(path, "utf8");
    await writeFile(
      path,
      text.replace(/"tree":\["./u, (one) => `${one.slice(0, -1)}${one.endsWith("A") ? "B" : "A"}`),
    );
    expect(await codes()).toContain("AUDIT_ROOT_MISMATCH");
    await rm(path);
    expect(await codes()).toContain("AUDIT_SEGMENT_MISSING");
  });

  test("leave executions that can be proven, with the proof that the whole log gives", async () => {
    const { executions } = await readAuditLog(folder);
    const id = executions.at(-1)?.id ?? "";
    const inclusion = async (): Promise<readonly string[]> => {
      const { proof = "" } = await proveRecord(folder, id, "execution-start");
      expect(checkProof(proof, await readFile(join(folder, "verifier"), "utf8")).ok).toBe(true);
      return (JSON.parse(proof) as { inclusion: string[] }).inclusion;
    };
    const { removed, checkpoint } = await pruneAuditLog(folder, 2);
    expect(removed).toEqual(["log.ndjson", "log.6.ndjson"]);
    const after = await inclusion();
    expect(await codes({ checkpoint: checkpoint ?? "" })).toEqual(["AUDIT_RECORDS_REMOVED"]);
    for (const first of [0, 6]) {
      await cp(join(whole, segmentName(first)), join(folder, segmentName(first)));
    }
    expect(await inclusion()).toEqual(after);
    await rm(join(folder, segmentName(6)));
    expect(await pruneAuditLog(folder, 1)).toMatchObject({
      removed: [],
      verification: { ok: false },
    });
    await expect(pruneAuditLog(folder, 0)).rejects.toMatchObject({ code: "AUDIT_KEEP_INVALID" });
  });

  test("are none when there is but one, or nothing before", async () => {
    expect(await removeBefore(5)).toEqual({ first: 0, removed: [] });
    expect(await removeBefore(1_000_000)).toMatchObject({ first: 18, removed: [0, 6, 12] });
    expect(await removeBefore(1_000_000)).toMatchObject({ removed: [] });
    expect(await codes()).toEqual(["AUDIT_RECORDS_REMOVED"]);
  });
});

test("kill -9 at any step of a rotation and of a removal loses nothing, and the log goes on", async () => {
  const write = (at: string, runs: number, step: string, ...more: string[]): Promise<string> =>
    new Promise((resolve) => {
      const args = ["--conditions=source", writer, at, String(runs), step, "3", ...more];
      const env = { ...process.env, NODE_COMPILE_CACHE: join(base, "compile-cache") };
      execFile(process.execPath, args, { env }, (_, text) => resolve(text));
    });
  const start = join(base, "start");
  await write(start, 2, "0");
  const dry = join(base, "dry");
  await cp(start, dry, { recursive: true });
  const names = /names (.+)/u.exec(await write(dry, 1, "0", "5"))?.[1]?.split(" ") ?? [];
  expect(names).toEqual(
    expect.arrayContaining([
      "segment:create",
      "segment:sync-folder",
      "segment:remove",
      "slot:wipe",
    ]),
  );
  const cuts = names.flatMap((name, index) => {
    const cut = `${index + 1}`;
    // Before these a kill leaves what it leaves before the step that follows, or the one before.
    if (/^replace:(?:create|sync|sync-folder|done)$/u.test(name)) return [];
    return name.endsWith(":write") ? [cut, `${cut}t`] : [cut];
  });
  const run = async (cut: string): Promise<void> => {
    const at = join(base, `cut-${cut}`);
    await cp(start, at, { recursive: true });
    const text = await write(at, 1, cut, "5");
    expect([cut, text.includes("steps")]).toEqual([cut, false]);
    const before = await verifyAuditLog(at);
    expect([cut, before.findings.filter(({ severity }) => severity === "error")]).toEqual([
      cut,
      [],
    ]);
    const log = await openAuditLog({ folder: at, segmentRecords: 3 });
    await log.end(sampleEnd((await log.start(sampleStart)).id));
    await log.close();
    const after = await readAuditLog(at);
    expect([cut, after.findings.filter(({ severity }) => severity === "error")]).toEqual([cut, []]);
    const started = [...text.matchAll(/^start (.+)$/gmu)].map(([, id = ""]) => id);
    const there = new Set(after.executions.map(({ id }) => id));
    const kept = started.filter((id) => Number(id.split("-")[1]) >= after.removed);
    expect([cut, kept.filter((id) => !there.has(id))]).toEqual([cut, []]);
    expect((await readdir(at)).filter((name) => name.endsWith(".tmp"))).toEqual([]);
  };
  const queue = [...cuts];
  const worker = async (): Promise<void> => {
    for (let cut = queue.shift(); cut !== undefined; cut = queue.shift()) await run(cut);
  };
  await Promise.all([worker(), worker()]);
}, 60_000);
