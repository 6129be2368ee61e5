import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import {
  createKeyPair,
  formatCheckpoint,
  parseSignerKey,
  signNote,
  verifierOf,
} from "@clawkeep/integrity";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { memorySource, readBytes } from "../test/memory-source.ts";
import type { LogBytes } from "../test/memory-source.ts";
import { sampleEnd, sampleStart } from "../test/sample-records.ts";
import { formatSlot, nextHead, recordLine } from "./head.ts";
import { openAuditLog } from "./open-audit-log.ts";
import type { ExecutionStart } from "./records.ts";
import { verifySource } from "./verify-audit-log.ts";
import type { AuditVerification, VerifyOptions } from "./verify-audit-log.ts";

let base = "";
/** A log of six records, what it was after each of them, and another log as long. */
let bytes: LogBytes;
let stages: LogBytes[] = [];
let checkpoints: string[] = [];
let other: LogBytes;

/** As short as a start can be, because every byte of the log is changed in turn. */
const shortStart: ExecutionStart = {
  ...sampleStart,
  caller: { observed: { transport: "cli" } },
  arguments: { k: { stored: 5 } },
  environment: [],
  roots: {},
  sandbox: { level: "none" },
};

async function fill(folder: string, onRecord: () => Promise<void>): Promise<void> {
  const log = await openAuditLog({ folder });
  const note = async (): Promise<void> => {
    await log.flush();
    await onRecord();
    checkpoints.push(await log.checkpoint());
  };
  await note();
  for (let run = 0; run < 3; run += 1) {
    const { id } = await log.start(shortStart);
    await note();
    await log.end(sampleEnd(id));
    await note();
  }
  await log.close();
}

beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), "clawkeep-tamper-"));
  await fill(join(base, "other"), async () => undefined);
  other = await readBytes(join(base, "other"));
  checkpoints = [];
  await fill(join(base, "log"), async () => {
    stages.push(await readBytes(join(base, "log")));
  });
  bytes = await readBytes(join(base, "log"));
});

afterAll(async () => {
  await rm(base, { recursive: true });
});

function verify(
  change: Partial<LogBytes>,
  options: VerifyOptions = {},
): Promise<AuditVerification> {
  return verifySource(memorySource({ ...bytes, ...change }), options);
}

async function codes(change: Partial<LogBytes>, options: VerifyOptions = {}): Promise<string[]> {
  const { findings } = await verify(change, options);
  return findings.map(({ code }) => code).filter((code) => code !== "AUDIT_ROLLBACK_NOT_EXCLUDED");
}

function lines(log: Buffer): Buffer[] {
  return log
    .toString("latin1")
    .split("\n")
    .slice(0, -1)
    .map((line) => Buffer.from(`${line}\n`, "latin1"));
}

function swapped(buffer: Buffer, at: number, value: number): Buffer {
  const copy = Buffer.from(buffer);
  copy[at] = value;
  return copy;
}

describe("a log that somebody without the key changed", () => {
  test("is sound before", async () => {
    expect(await codes({})).toEqual([]);
    expect(lines(bytes.log)).toHaveLength(6);
  });

  test.each(["log", "head", "verifier"] as const)(
    "is found out by any byte of its %s file with another value",
    async (file) => {
      let seed = 1;
      for (let at = 0; at < bytes[file].length; at += 1) {
        // Lehmer's generator: another value for each byte, the same ones on each run.
        seed = (seed * 48_271) % 2_147_483_647;
        const value = (bytes[file][at] ?? 0) ^ (1 + (seed % 255));
        const { ok } = await verify({ [file]: swapped(bytes[file], at, value) });
        if (ok) {
          throw new Error(`byte ${at} of ${file} can be ${value}`);
        }
      }
    },
  );

  test("is found out by a zero or a newline in any place of its last line", async () => {
    const start = bytes.log.length - (lines(bytes.log)[5]?.length ?? 0);
    for (let at = start; at < bytes.log.length; at += 1) {
      for (const value of [0, 0x0a]) {
        if (bytes.log[at] !== value) {
          expect((await verify({ log: swapped(bytes.log, at, value) })).ok).toBe(false);
        }
      }
    }
  });

  test("is found out by any edit of its bytes [S10]", async () => {
    const edit = fc.record({
      at: fc.nat(bytes.log.length),
      remove: fc.nat(40),
      insert: fc.uint8Array({ maxLength: 40 }),
    });
    await fc.assert(
      fc.asyncProperty(edit, async ({ at, remove, insert }) => {
        const log = Buffer.concat([
          bytes.log.subarray(0, at),
          insert,
          bytes.log.subarray(at + remove),
        ]);
        fc.pre(!log.equals(bytes.log));
        expect(await codes({ log })).not.toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  test("is found out by lines removed, swapped, repeated, or taken from another log", async () => {
    const own = lines(bytes.log);
    const foreign = lines(other.log);
    for (let a = 0; a < own.length; a += 1) {
      const line = own[a] ?? Buffer.alloc(0);
      const removed = own.toSpliced(a, 1);
      const repeated = own.toSpliced(a, 0, line);
      const replaced = own.toSpliced(a, 1, foreign[a] ?? line);
      for (const changed of [removed, repeated, replaced]) {
        const found = await codes({ log: Buffer.concat(changed) });
        // The last line alone, cut off, is what a stopped writer leaves; the head has the record.
        expect(found).not.toEqual([]);
        expect(changed === removed && a === own.length - 1).toBe(
          found.length === 1 && found[0] === "AUDIT_TAIL_SHORT",
        );
      }
      for (let b = a + 1; b < own.length; b += 1) {
        const mixed = own.with(a, own[b] ?? line).with(b, line);
        expect((await verify({ log: Buffer.concat(mixed) })).ok).toBe(false);
      }
    }
  });

  test("is found out when it is the other log's, or has its head or its key", async () => {
    for (const change of [
      { log: other.log },
      { head: other.head },
      { verifier: other.verifier },
      { log: other.log, head: other.head },
      { head: other.head, verifier: other.verifier },
    ]) {
      expect((await verify(change)).ok).toBe(false);
    }
  });

  test("is found out by the same value spelled another way", async () => {
    const text = bytes.log.toString();
    for (const [from, to] of [
      ['"local-rag"', '"\\u006cocal-rag"'],
      ['"sequence":0', '"sequence":0.0'],
      ['"format":3,', '"format":3,"format":3,'],
      ['{"action"', '{ "action"'],
    ] as const) {
      expect(text).toContain(from);
      expect(await codes({ log: Buffer.from(text.replace(from, to)) })).toContain(
        "AUDIT_RECORD_MALFORMED",
      );
    }
  });

  test("is found out wherever it is cut, and what is lost of the last line is in the head", async () => {
    const own = lines(bytes.log);
    const last = own[5]?.length ?? 0;
    for (let size = 0; size < bytes.log.length; size += size > bytes.log.length - 20 ? 1 : 37) {
      const verification = await verify({ log: bytes.log.subarray(0, size) });
      const torn = size >= bytes.log.length - last;
      expect(verification.ok).toBe(torn);
      const between = size === bytes.log.length - last;
      const found = between ? "AUDIT_TAIL_SHORT" : torn ? "AUDIT_TAIL_TORN" : "AUDIT_LOG_TRUNCATED";
      expect(verification.findings[0]?.code).toBe(found);
      expect(verification.size).toBe(torn ? 6 : verification.size);
    }
  });

  test("is found out by zero bytes at its end and by anything beyond it", async () => {
    const zeroed = Buffer.from(bytes.log).fill(0, bytes.log.length - 9);
    expect(await codes({ log: zeroed })).toEqual(["AUDIT_TAIL_ZEROED"]);
    for (const more of ["\n", "\0", "{}", (lines(bytes.log)[5] ?? "").toString()]) {
      const log = Buffer.concat([bytes.log, Buffer.from(more)]);
      expect(await codes({ log })).toEqual(["AUDIT_LOG_BEYOND_HEAD"]);
    }
  });

  test("is found out by a line that never ends", async () => {
    const log = Buffer.alloc(4 << 20, "a");
    expect(await codes({ log })).toEqual(["AUDIT_RECORD_MALFORMED"]);
  });

  test("is found out by an old head beside the new log, and a new one beside the old", async () => {
    for (const stage of stages.slice(0, -1)) {
      expect((await verify({ head: stage.head })).ok).toBe(false);
    }
    for (const stage of stages.slice(0, -2)) {
      expect((await verify({ log: stage.log })).ok).toBe(false);
    }
  });
});

describe("a log that was rolled back as a whole", () => {
  test("is not found out by itself, and says so", async () => {
    for (const [size, stage] of stages.entries()) {
      const verification = await verifySource(memorySource(stage), {});
      expect(verification).toMatchObject({ ok: true, size });
      expect(verification.findings).toEqual([
        expect.objectContaining({
          code: "AUDIT_ROLLBACK_NOT_EXCLUDED",
          severity: "note",
          message: expect.stringContaining(
            `cannot exclude a rollback after checkpoint ${size}`,
          ) as string,
        }),
      ]);
    }
  });

  test("is found out against every later checkpoint, and agrees with every earlier one", async () => {
    for (const [size, stage] of stages.entries()) {
      for (const [kept, checkpoint] of checkpoints.entries()) {
        const { ok, findings } = await verifySource(memorySource(stage), { checkpoint });
        expect(ok).toBe(kept <= size);
        expect(findings.map(({ code }) => code)).toEqual([
          kept <= size ? "AUDIT_ROLLBACK_NOT_EXCLUDED" : "AUDIT_ROLLED_BACK",
        ]);
      }
    }
  });
});

describe("truncation", () => {
  const own = (): Buffer[] => lines(bytes.log);
  const cut = (): Buffer => Buffer.concat(own().slice(0, 4));

  test("is found against the head", async () => {
    expect(await codes({ log: cut() })).toEqual(["AUDIT_LOG_TRUNCATED"]);
  });

  test("is found against a checkpoint, when the head was put back with the log", async () => {
    const [checkpoint = ""] = checkpoints.slice(-1);
    const held = await verifySource(memorySource(stages[4] ?? bytes), { checkpoint });
    expect(held.findings.map(({ code }) => code)).toEqual(["AUDIT_ROLLED_BACK"]);
  });

  test("is found against a witness, when the head was put back with the log", async () => {
    const witness = checkpoints.join("\n");
    const held = await verifySource(memorySource(stages[4] ?? bytes), { witness });
    expect(held.ok).toBe(false);
    expect(held.findings.map(({ code, line }) => [code, line])).toEqual([
      ["AUDIT_ROLLED_BACK", 31],
      ["AUDIT_ROLLED_BACK", 37],
    ]);
  });

  test("of log and head is not found without a checkpoint or a witness", async () => {
    expect((await verifySource(memorySource(stages[4] ?? bytes), {})).ok).toBe(true);
  });
});

describe("a log that was written anew", () => {
  test("by the key's holder is found out against a checkpoint only", async () => {
    const key = parseSignerKey(createKeyPair(keyName(), Buffer.alloc(32, 9)).signerKey);
    const verifier = Buffer.from(`${createKeyPair(key.name, key.seed).verifierKey}\n`);
    const build = (action: string): LogBytes & { checkpoint: string } => {
      const tree = { size: 0, tops: [] };
      const none = { before: tree, pending: [], tail: Buffer.alloc(0), tree, checkpoint: "" };
      const empty = {
        log: keyName().slice(-32),
        keys: verifierOf(key),
        segment: 0,
        bytes: 0,
        ...none,
      };
      const record = recordOf(action, key.keyId);
      const line = recordLine(record);
      const head = nextHead(empty, [{ record, line }], key);
      return {
        verifier,
        head: Buffer.from(formatSlot(head)),
        log: line,
        checkpoint: head.checkpoint,
      };
    };
    const [before, after] = [build("query"), build("forget")];
    expect((await verifySource(memorySource(after), {})).ok).toBe(true);
    const held = await verifySource(memorySource(after), { checkpoint: before.checkpoint });
    expect(held.findings.map(({ code }) => code)).toEqual(["AUDIT_REWRITTEN"]);
  });

  test("with another key is found out against a known key or a checkpoint only", async () => {
    expect((await verifySource(memorySource(other), {})).ok).toBe(true);
    const verifierKey = bytes.verifier.toString();
    expect(await verifySource(memorySource(other), { verifierKey })).toMatchObject({
      ok: false,
      findings: [{ code: "AUDIT_VERIFIER_OTHER" }],
    });
    expect(await codes({}, { verifierKey })).toEqual([]);
    const [checkpoint = ""] = checkpoints.slice(-1);
    const held = await verifySource(memorySource(other), { checkpoint });
    expect(held.findings[0]?.code).toBe("AUDIT_CHECKPOINT_OTHER_LOG");
  });

  function keyName(): string {
    return `clawkeep/audit/${"5".repeat(32)}`;
  }

  function recordOf(action: string, key: string): Parameters<typeof recordLine>[0] {
    const line = lines(bytes.log)[0] ?? Buffer.alloc(0);
    const record = JSON.parse(line.toString()) as Parameters<typeof recordLine>[0];
    const log = "5".repeat(32);
    return { ...record, action, key, log, execution: "555555555555-0" } as typeof record;
  }
});

describe("a checkpoint that is given", () => {
  test.each([
    ["no note", "hello", "AUDIT_CHECKPOINT_MALFORMED"],
    ["nothing", "", "AUDIT_CHECKPOINT_MALFORMED"],
  ])("is refused when it is %s", async (_, checkpoint, code) => {
    expect(await codes({}, { checkpoint })).toEqual([code]);
  });

  test("is refused when another key signed it, or its text was changed", async () => {
    const { name } = parseNote(checkpoints[3] ?? "");
    const forger = parseSignerKey(createKeyPair(name).signerKey);
    const text = formatCheckpoint({ origin: name, size: 3, root: Buffer.alloc(32) });
    expect(await codes({}, { checkpoint: signNote(text, forger) })).toEqual([
      "AUDIT_CHECKPOINT_SIGNATURE",
    ]);
    const changed = (checkpoints[3] ?? "").replace("\n3\n", "\n2\n");
    expect(await codes({}, { checkpoint: changed })).toEqual(["AUDIT_CHECKPOINT_SIGNATURE"]);
  });

  test("may carry signatures of others", async () => {
    const witness = parseSignerKey(createKeyPair("witness").signerKey);
    const [checkpoint = ""] = checkpoints.slice(3);
    const text = checkpoint.slice(0, checkpoint.indexOf("\n\n") + 1);
    const cosigned = checkpoint + signNote(text, witness).slice(text.length + 1);
    expect(await codes({}, { checkpoint: cosigned })).toEqual([]);
  });

  function parseNote(note: string): { name: string } {
    return { name: note.slice(0, note.indexOf("\n")) };
  }
});
