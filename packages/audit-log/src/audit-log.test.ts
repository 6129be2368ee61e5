import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { lockFile } from "@clawkeep/durable-files";
import { parseSignerKey } from "@clawkeep/integrity";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { sampleEnd, sampleStart } from "../test/sample-records.ts";
import { openAuditLog } from "./open-audit-log.ts";
import { readAuditLog } from "./read-audit-log.ts";
import type { ExecutionStart } from "./records.ts";
import { verifyAuditLog } from "./verify-audit-log.ts";

const writer: string = new URL("../test/writer.ts", import.meta.url).pathname;
let folder = "";

beforeEach(async () => {
  folder = join(await mkdtemp(join(tmpdir(), "clawkeep-audit-")), "audit");
});

afterEach(async () => {
  await rm(join(folder, ".."), { recursive: true });
});

describe("an audit log", () => {
  test("holds two records a run, in order, and verifies [S10]", async () => {
    const log = await openAuditLog({ folder, now: () => new Date(1_700_000_000_123) });
    const begun = await log.start(sampleStart);
    expect(begun).toEqual({ sequence: 0, id: `${log.identity.log.slice(0, 12)}-0` });
    expect(await log.end(sampleEnd(begun.id))).toEqual({ sequence: 1 });
    await log.close();

    const history = await readAuditLog(folder);
    expect(history).toMatchObject({ ok: true, size: 2, identity: log.identity });
    expect(history.findings.map(({ code }) => code)).toEqual(["AUDIT_ROLLBACK_NOT_EXCLUDED"]);
    expect(history.executions).toHaveLength(1);
    const [execution] = history.executions;
    expect(execution).toMatchObject({ id: begun.id, status: "ended" });
    expect(execution?.start).toMatchObject({
      ...sampleStart,
      format: 3,
      ...log.identity,
      sequence: 0,
      time: "2023-11-14T22:13:20.123Z",
      environment: ["LANG", "TZ"],
      runtime: { ...sampleStart.runtime, pid: process.pid },
    });
    expect(execution?.end).toMatchObject(sampleEnd(begun.id));
    expect(await verifyAuditLog(folder)).toMatchObject({ ok: true, size: 2, root: history.root });
  });

  test("is private to its owner", async () => {
    await (await openAuditLog({ folder })).close();
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
    const names = await readdir(folder);
    expect(names).toEqual([
      "head.0",
      "head.1",
      "head.2",
      "key",
      "lock",
      "lock.holder",
      "log.ndjson",
      "verifier",
    ]);
    for (const name of names) {
      expect((await stat(join(folder, name))).mode & 0o777).toBe(0o600);
    }
  });

  test("shows a start without an end as running while its process lives", async () => {
    const log = await openAuditLog({ folder });
    await log.start(sampleStart);
    await log.close();
    const status = process.platform === "linux" ? "running" : "interrupted";
    expect((await readAuditLog(folder)).executions[0]?.status).toBe(status);
  });

  test("goes on where it was when it is opened again", async () => {
    for (let round = 0; round < 3; round += 1) {
      const log = await openAuditLog({ folder });
      expect(await log.start(sampleStart)).toMatchObject({ sequence: round });
      await log.close();
    }
    expect(await verifyAuditLog(folder)).toMatchObject({ ok: true, size: 3 });
  });

  test("keeps what is asked for at once in one order", async () => {
    const log = await openAuditLog({ folder });
    const begun = await Promise.all(Array.from({ length: 12 }, () => log.start(sampleStart)));
    expect(begun.map(({ sequence }) => sequence)).toEqual([...Array.from({ length: 12 }).keys()]);
    await Promise.all(begun.map(({ id }) => log.end(sampleEnd(id))));
    await log.close();
    const history = await readAuditLog(folder);
    expect(history).toMatchObject({ ok: true, size: 24 });
    expect(history.executions.every(({ status }) => status === "ended")).toBe(true);
  });

  test("takes records of four processes at once, whole and in one order", async () => {
    const children = Array.from({ length: 4 }, () =>
      spawn(process.execPath, ["--conditions=source", writer, folder, "12"], { stdio: "ignore" }),
    );
    const codes = await Promise.all(children.map((child) => once(child, "exit")));
    expect(codes.map(([code]) => code as number)).toEqual([0, 0, 0, 0]);
    const history = await readAuditLog(folder);
    expect(history).toMatchObject({ ok: true, size: 4 * 2 * 12 });
    expect(history.executions.every(({ status }) => status === "ended")).toBe(true);
    const pids = new Set(history.executions.map(({ start }) => start.runtime.pid));
    expect(pids.size).toBe(4);
  });

  test("verifies while it is being written to", async () => {
    const log = await openAuditLog({ folder });
    const writing = (async () => {
      for (let run = 0; run < 40; run += 1) {
        await log.start(sampleStart);
      }
    })();
    let size = 0;
    while (size < 40) {
      const verification = await verifyAuditLog(folder);
      expect(verification.findings.filter(({ severity }) => severity === "error")).toEqual([]);
      expect(verification.size).toBeGreaterThanOrEqual(size);
      size = verification.size;
    }
    await writing;
    await log.close();
  });

  test("gives keyed digests that are stable in it and differ elsewhere", async () => {
    const log = await openAuditLog({ folder });
    const other = await openAuditLog({ folder: `${folder}-2` });
    const digest = log.keyedDigest("secret");
    expect(digest).toMatch(/^hmac-sha256:[0-9a-f]{64}$/u);
    expect(log.keyedDigest("secret")).toBe(digest);
    expect(other.keyedDigest("secret")).not.toBe(digest);
    await log.close();
    await other.close();
    const again = await openAuditLog({ folder });
    expect(again.keyedDigest("secret")).toBe(digest);
    await again.close();
    const seed = parseSignerKey((await readFile(join(folder, "key"), "utf8")).trim()).seed;
    expect(digest).not.toContain(Buffer.from(seed).toString("hex"));
  });

  test("hands out checkpoints that it can be held to", async () => {
    const log = await openAuditLog({ folder });
    await log.start(sampleStart);
    const checkpoint = await log.checkpoint();
    await log.start(sampleStart);
    await log.close();
    const verification = await verifyAuditLog(folder, { checkpoint });
    expect(verification.ok).toBe(true);
    expect(verification.findings).toEqual([
      expect.objectContaining({ message: expect.stringContaining("after checkpoint 1") as string }),
    ]);
  });
});

describe("what is not recorded", () => {
  test.each<[string, Partial<ExecutionStart>, string]>([
    ["an unknown field", { ...({ extra: 1 } as object) }, "extra"],
    ["a digest of another form", { action: "", form: "oneshot" }, "action"],
    ["a resident form without its process", { form: "resident" }, "resident"],
    [
      "a fraction of a millisecond",
      { limits: { ...sampleStart.limits, timeoutMs: 0.5 } },
      "timeoutMs",
    ],
    ["an argument in no form", { arguments: { a: {} as { stored: 1 } } }, "arguments.a"],
  ])("is %s, and the log stays as it was", async (_, change, place) => {
    const log = await openAuditLog({ folder });
    await expect(log.start({ ...sampleStart, ...change })).rejects.toMatchObject({
      code: "AUDIT_RECORD_INVALID",
      message: expect.stringContaining(place) as string,
    });
    expect(await log.start(sampleStart)).toMatchObject({ sequence: 0 });
    await log.close();
    expect(await verifyAuditLog(folder)).toMatchObject({ ok: true, size: 1 });
  });

  test("is a text that has no bytes, or too many of them", async () => {
    const log = await openAuditLog({ folder });
    const start = (stored: string): Promise<unknown> =>
      log.start({ ...sampleStart, arguments: { a: { stored } } });
    await expect(start("\ud800")).rejects.toMatchObject({ code: "CANONICAL_JSON_VALUE" });
    await expect(start("a".repeat(1 << 20))).rejects.toMatchObject({
      code: "AUDIT_RECORD_TOO_LARGE",
    });
    await start("a".repeat(1_000_000));
    await log.start(sampleStart);
    await log.close();
    expect(await verifyAuditLog(folder)).toMatchObject({ ok: true, size: 2 });
  });

  test("is an end without a start here, or a second one", async () => {
    const log = await openAuditLog({ folder });
    const { id } = await log.start(sampleStart);
    await log.end(sampleEnd(id));
    for (const unknown of [id, `${id}0`, "x"]) {
      await expect(log.end(sampleEnd(unknown))).rejects.toMatchObject({
        code: "AUDIT_EXECUTION_UNKNOWN",
      });
    }
    await log.close();
    expect(await verifyAuditLog(folder)).toMatchObject({ ok: true, size: 2 });
  });

  test("is what the disk did not take; the next record is, and the log stays sound", async () => {
    const failing = new Set<string>();
    const faults = (step: string): void => {
      if (failing.has(step)) {
        throw new Error("ENOSPC: no space left on device");
      }
    };
    const log = await openAuditLog({ folder, faults });
    // The log file is made durable only now and then, and so fails only then.
    for (const step of ["slot:write", "slot:sync", "slot:wipe", "append:write", "append:sync"]) {
      failing.add(step);
      await expect(
        (async () => {
          for (let tries = 0; tries < 40; tries += 1) await log.start(sampleStart);
        })(),
      ).rejects.toThrow(/ENOSPC/u);
      failing.clear();
      expect(await verifyAuditLog(folder)).toMatchObject({ ok: true });
      const { id } = await log.start(sampleStart);
      await log.end(sampleEnd(id));
      expect(await verifyAuditLog(folder)).toMatchObject({ ok: true });
    }
    await log.close();
  });

  test("is anything at all when the log is not there and is not to be made", async () => {
    const opening = (): Promise<unknown> => openAuditLog({ folder, create: false });
    await expect(opening()).rejects.toMatchObject({ code: "AUDIT_LOG_MISSING" });
    expect(await verifyAuditLog(folder)).toMatchObject({
      ok: false,
      findings: [{ code: "AUDIT_LOG_MISSING" }],
    });
    await (await openAuditLog({ folder })).close();
    await rm(join(folder, "key"));
    await expect(opening()).rejects.toMatchObject({ code: "AUDIT_LOG_MISSING" });
  });

  test("is anything while another keeps the lock, and the waiting ends", async () => {
    const log = await openAuditLog({ folder, lockWaitMs: 0 });
    const other = await lockFile(join(folder, "lock"));
    await expect(log.start(sampleStart)).rejects.toMatchObject({ code: "FILE_LOCKED" });
    other.close();
    expect(await log.start(sampleStart)).toMatchObject({ sequence: 0 });
    await log.close();
  });
});
