import { CodedError } from "@clawkeep/diagnostics";
import { isDigest, parseCanonical } from "@clawkeep/integrity";
import type { Digest, JsonValue } from "@clawkeep/integrity";
import * as z from "zod";

import type { AuditRecord, KeyedDigest } from "./records.ts";

/** The longest line of a log, with its newline. */
export const maxLineBytes: number = 1 << 20;

const text = z.string().max(4096);
const name = z.string().min(1).max(256);
const word = z.string().regex(/^[a-z][a-z0-9-]{0,63}$/u);
const count = z.int().nonnegative();
const mechanism = z.enum(["cgroup", "watchdog", "rlimit"]);
const level = z.enum(["bubblewrap", "landlock", "seatbelt", "none"]);
const digest = z.custom<Digest>(isDigest, "expected sha256: and 64 hex digits");
const keyedDigest = z.custom<KeyedDigest>(
  (value) => typeof value === "string" && /^hmac-sha256:[0-9a-f]{64}$/u.test(value),
  "expected hmac-sha256: and 64 hex digits",
);
// That it is JSON is known already from the canonical form; only its absence is a mistake here.
const json = z.custom<JsonValue>((value) => value !== undefined, "expected a value");

const recordedValue = z.union([
  z.strictObject({ stored: json }),
  z.strictObject({ keyed: keyedDigest, bytes: count }),
]);

const recordedOutput = z.strictObject({
  digest: z.union([digest, keyedDigest]),
  bytes: count,
  truncated: z.boolean(),
});

const sortedNames = z
  .array(name)
  .max(1024)
  .refine(
    (names) => names.every((item, index) => index === 0 || (names[index - 1] ?? "") < item),
    "expected names in order, each once",
  );

const place = {
  format: z.literal([1, 2, 3]),
  log: z.string().regex(/^[0-9a-f]{32}$/u),
  key: z.string().regex(/^[0-9a-f]{8}$/u),
  sequence: count,
  time: z.iso.datetime({ precision: 3 }),
};

const execution = z.string().regex(/^[0-9a-f]{12}-(?:0|[1-9][0-9]{0,15})$/u);

const caller = z.strictObject({
  observed: z.strictObject({
    authenticated: word.optional(),
    transport: word,
    uid: count.optional(),
    pid: count.optional(),
    parent: z
      .strictObject({ pid: count.optional(), name: text.optional(), digest: digest.optional() })
      .optional(),
  }),
  claimed: z.record(name, text).optional(),
});

const executionStart = z
  .strictObject({
    ...place,
    type: z.literal("execution-start"),
    execution,
    runtime: z.strictObject({ name, version: name, pid: count, process: name.optional() }),
    caller,
    skill: z.strictObject({
      name,
      folderDigest: digest,
      contractDigest: digest,
      closureDigest: digest,
      closure: z.enum(["complete", "partial"]),
    }),
    action: name,
    form: z.enum(["oneshot", "resident"]),
    resident: z.strictObject({ process: name, request: z.int().positive() }).optional(),
    arguments: z.record(name, recordedValue),
    environment: sortedNames,
    roots: z.record(
      name,
      z.strictObject({ access: z.enum(["read", "write"]), path: recordedValue }),
    ),
    sandbox: z.strictObject({ level, required: level.optional(), version: name.optional() }),
    network: z.literal("none"),
    limits: z.strictObject({
      timeoutMs: count,
      stdoutBytes: count,
      stderrBytes: count,
      memoryBytes: count.optional(),
      cpuMs: count.optional(),
      processes: count.optional(),
      openFiles: count.optional(),
      fileBytes: count.optional(),
    }),
  })
  .refine(
    (record) => (record.form === "resident") === (record.resident !== undefined),
    "expected `resident` with the form resident, and only then",
  );

const executionEnd = z.strictObject({
  ...place,
  type: z.literal("execution-end"),
  execution,
  ended: z.enum([
    "exited",
    "signalled",
    "timeout",
    "stdout-limit",
    "stderr-limit",
    "memory-limit",
    "cpu-limit",
    "process-limit",
    "cancelled",
    "failed",
  ]),
  exitCode: z.int().nullable(),
  signal: word.or(z.string().regex(/^SIG[A-Z0-9]{1,20}$/u)).nullable(),
  meaning: text.optional(),
  durationMs: count,
  level,
  resources: z.strictObject({
    maxRssBytes: count.optional(),
    cpuMs: count.optional(),
    processes: count.optional(),
  }),
  limitedBy: z
    .strictObject({
      memory: mechanism.optional(),
      cpu: mechanism.optional(),
      processes: mechanism.optional(),
      openFiles: z.literal("rlimit").optional(),
      fileSize: z.literal("rlimit").optional(),
    })
    .optional(),
  stdout: recordedOutput,
  stderr: recordedOutput,
  provenance: z.record(name, json),
  error: z.strictObject({ code: name, message: text }).optional(),
  notes: z.array(text).max(256),
});

const logHealed = z.strictObject({
  ...place,
  type: z.literal("log-healed"),
  present: count,
  expected: count,
});

const segmentStarted = z.strictObject({
  ...place,
  type: z.literal("segment-started"),
  previous: count,
  tree: z.array(z.string().regex(/^[A-Za-z0-9+/]{43}=$/u)).max(53),
});

const segmentsRemoved = z.strictObject({
  ...place,
  type: z.literal("segments-removed"),
  before: z.int().positive(),
});

const keyRotated = z.strictObject({
  ...place,
  type: z.literal("key-rotated"),
  transition: text,
});

const record = z.discriminatedUnion("type", [
  executionStart,
  executionEnd,
  logHealed,
  segmentStarted,
  segmentsRemoved,
  keyRotated,
]);

/**
 * Checks that a value is a record of format 1 to 3, all fields known.
 *
 * @throws CodedError `AUDIT_RECORD_INVALID` with every field that is not as it should be
 */
export function checkRecord(value: unknown): AuditRecord {
  const result = record.safeParse(value);
  if (!result.success) {
    const issues = result.error.issues.map(
      (issue) => `${issue.path.join(".") || "the record"}: ${issue.message}`,
    );
    throw new CodedError({
      code: "AUDIT_RECORD_INVALID",
      message: `expected a record of audit format 1 to 3: ${issues.slice(0, 10).join("; ")}`,
    });
  }
  // The value, not zod's copy: what is hashed must be what was checked, name for name.
  return value as AuditRecord;
}

/**
 * Reads one line of a log, without its newline.
 *
 * @throws CodedError `AUDIT_RECORD_INVALID`, or what `parseCanonical` throws
 */
export function parseRecord(line: Uint8Array): AuditRecord {
  return checkRecord(parseCanonical(line));
}
