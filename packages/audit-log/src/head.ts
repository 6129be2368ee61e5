import { CodedError } from "@clawkeep/diagnostics";
import {
  appendLeaf,
  canonicalJson,
  compactRoot,
  decodeBase64,
  emptyTree,
  encodeBase64,
  formatCheckpoint,
  leafHash,
  parseCanonical,
  parseCheckpoint,
  restoreTree,
  sameHash,
  signNote,
  unverifiedNoteText,
  verifierOf,
  verifyNote,
} from "@clawkeep/integrity";
import type { CompactTree, JsonValue, NoteSigner } from "@clawkeep/integrity";
import * as z from "zod";

import { identityOf, originOf } from "./log-identity.ts";
import { keyAt, withTransition } from "./log-key-chain.ts";
import type { LogKeys } from "./log-key-chain.ts";
import { checkRecord } from "./record-schema.ts";
import type { AuditRecord, KeyRotatedRecord } from "./records.ts";

/** No more records than this are kept in the head until the log file is made durable. */
export const maxPending: number = 32;

/** What a log is at one moment. */
export interface Head {
  readonly log: string;
  /** The sequence of the first record of the last segment. */
  readonly segment: number;
  /** The length of the last segment when its last line is whole. */
  readonly bytes: number;
  /** The tree over all records but the pending ones. */
  readonly before: CompactTree;
  /** The last records: the log file may lack them, or the end of them. */
  readonly pending: readonly AuditRecord[];
  /** Their lines, joined. */
  readonly tail: Uint8Array;
  /** The tree over all records. */
  readonly tree: CompactTree;
  /** Signed note. */
  readonly checkpoint: string;
  /** The log's keys, with those that the pending records bring. */
  readonly keys: LogKeys;
}

const common = {
  log: z.string().regex(/^[0-9a-f]{32}$/u),
  bytes: z.int().nonnegative(),
  tree: z.array(z.string()).max(53),
};

const headOne = z.strictObject({
  ...common,
  format: z.literal(1),
  last: z.unknown().optional(),
  checkpoint: z.string(),
});

const headTwo = z.strictObject({
  ...common,
  format: z.literal(2),
  pending: z.array(z.unknown()).max(maxPending),
});

const headThree = headTwo.extend({ format: z.literal(3), segment: z.int().nonnegative() });

/** The part of a slot that has the signature: wiping it ends the slot. */
export const slotHeadBytes: number = 512;

const slotMark: string = "clawkeep/audit/head/v3\n";
const slotMarkTwo: string = "clawkeep/audit/head/v2\n";

/** The bytes of a record's line: canonical JSON and a newline. */
export function recordLine(record: AuditRecord): Buffer {
  return Buffer.from(`${canonicalJson(record as unknown as JsonValue)}\n`);
}

/** The head of a log without records. */
export function firstHead(signer: NoteSigner): Head {
  const { log } = identityOf(signer);
  const nothing = { before: emptyTree, pending: [], tail: Buffer.alloc(0), tree: emptyTree };
  return signed({ log, segment: 0, bytes: 0, ...nothing, keys: verifierOf(signer) }, signer);
}

/** A record with its line. */
export interface RecordWithLine {
  readonly record: AuditRecord;
  readonly line: Uint8Array;
}

/** The head with some records more. */
export function nextHead(head: Head, added: readonly RecordWithLine[], signer: NoteSigner): Head {
  const lines = added.map(({ line }) => line);
  const tree = lines.reduce(
    (grown, line) => appendLeaf(grown, leafHash(line.subarray(0, -1))),
    head.tree,
  );
  const bytes = head.bytes + lines.reduce((sum, line) => sum + line.length, 0);
  const pending = [...head.pending, ...added.map(({ record }) => record)];
  const tail = Buffer.concat([head.tail, ...lines]);
  return signed({ ...head, bytes, pending, tail, tree }, signer);
}

/** The same settled log, where a new segment begins. */
export function segmentHead(settled: Head): Head {
  return { ...settled, segment: settled.tree.size, bytes: 0 };
}

/** The same log, once all its lines are durable in the log file. */
export function settledHead(head: Head): Head {
  return { ...head, before: head.tree, pending: [], tail: Buffer.alloc(0) };
}

/**
 * The bytes of a slot of format 3: the mark and the signed note, zero bytes up to
 * {@link slotHeadBytes}, the fields as canonical JSON and a newline, zero bytes up to `length`.
 */
export function formatSlot(head: Head, length: number = 0): Uint8Array {
  const { log, segment, bytes, before, tail } = head;
  const tree = JSON.stringify(before.tops.map(encodeBase64));
  // The lines are canonical already, and this is on the way of every start: they are not written anew.
  const pending = Buffer.from(tail.subarray(0, Math.max(0, tail.length - 1)));
  for (let at = pending.indexOf(0x0a); at >= 0; at = pending.indexOf(0x0a, at)) {
    pending[at] = 0x2c;
  }
  const body = Buffer.concat([
    Buffer.from(`{"bytes":${bytes},"format":3,"log":"${log}","pending":[`),
    pending,
    Buffer.from(`],"segment":${segment},"tree":${tree}}\n`),
  ]);
  const slot = Buffer.alloc(Math.max(length, slotHeadBytes + body.length));
  slot.write(`${slotMark}${head.checkpoint}`, "utf8");
  slot.set(body, slotHeadBytes);
  return slot;
}

/** True for a slot that holds no head: its first part is zero. */
export function isBlankSlot(bytes: Uint8Array): boolean {
  return bytes.subarray(0, slotHeadBytes).every((byte) => byte === 0);
}

/**
 * Reads a head of any format and checks all that can be checked without the log: its form, its
 * signature, and that its fields agree with one another.
 *
 * @throws CodedError `AUDIT_HEAD_MALFORMED`, `AUDIT_HEAD_SIGNATURE`, `AUDIT_HEAD_INCONSISTENT`
 */
export function parseHead(bytes: Uint8Array, known: LogKeys): Head {
  const fields = parseFields(bytes);
  const keys = withPending(known, fields.pending);
  let text: string;
  try {
    const note = verifyNote(fields.checkpoint, keyAt(keys, sizeOf(fields.checkpoint)));
    text = note.text;
    if (note.signatures.length !== 1) {
      throw new Error(`one signature, got ${note.signatures.length}`);
    }
  } catch (cause) {
    throw failed("AUDIT_HEAD_SIGNATURE", `a checkpoint signed by ${known.name} alone`, cause);
  }
  try {
    return consistentHead(fields, text, keys);
  } catch (cause) {
    throw failed("AUDIT_HEAD_INCONSISTENT", "fields that agree with one another", cause);
  }
}

interface HeadFields {
  readonly log: string;
  readonly segment: number;
  readonly bytes: number;
  readonly tree: readonly string[];
  readonly pending: readonly unknown[];
  readonly checkpoint: string;
}

function parseFields(bytes: Uint8Array): HeadFields {
  try {
    return bytes[0] === 0x7b ? parseHeadOne(bytes) : parseSlot(bytes);
  } catch (cause) {
    throw failed("AUDIT_HEAD_MALFORMED", "a head of audit format 1 to 3", cause);
  }
}

/** Format 1: one JSON object and a newline. */
function parseHeadOne(bytes: Uint8Array): HeadFields {
  if (bytes.at(-1) !== 0x0a) {
    throw new Error("no newline at the end");
  }
  const { last, ...fields } = headOne.parse(parseCanonical(bytes.subarray(0, -1)));
  return { ...fields, segment: 0, pending: last === undefined ? [] : [last] };
}

function parseSlot(bytes: Uint8Array): HeadFields {
  const first = Buffer.from(bytes.subarray(0, slotHeadBytes));
  const mark = first.toString("latin1", 0, slotMark.length);
  if (mark !== slotMark && mark !== slotMarkTwo) {
    throw new Error("not the mark of a head");
  }
  const zero = first.indexOf(0);
  const noteEnd = zero < 0 ? first.length : zero;
  const bodyEnd = bytes.indexOf(0x0a, slotHeadBytes);
  if (bodyEnd < 0) {
    throw new Error("no newline at the end");
  }
  if (
    first.subarray(noteEnd).some((byte) => byte !== 0) ||
    bytes.subarray(bodyEnd + 1).some((byte) => byte !== 0)
  ) {
    throw new Error("other bytes than zero where nothing should be");
  }
  const checkpoint = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(
    first.subarray(mark.length, noteEnd),
  );
  const body = parseCanonical(bytes.subarray(slotHeadBytes, bodyEnd));
  const fields = mark === slotMark ? headThree.parse(body) : { ...headTwo.parse(body), segment: 0 };
  return { ...fields, checkpoint };
}

/** How many records a note counts, believed or not: which key should have signed it. */
function sizeOf(note: string): number {
  try {
    return parseCheckpoint(unverifiedNoteText(note)).size;
  } catch {
    return Number.MAX_SAFE_INTEGER;
  }
}

/** A head that was just signed by a new key has the record of it, which comes before its file. */
function withPending(known: LogKeys, pending: readonly unknown[]): LogKeys {
  return pending.reduce((keys: LogKeys, value) => {
    const { type, transition, sequence } = (value ?? {}) as Partial<KeyRotatedRecord>;
    const isKnown = keys.earlier?.some(({ until }) => until === sequence) === true;
    if (type !== "key-rotated" || typeof transition !== "string" || isKnown) {
      return keys;
    }
    try {
      return withTransition(keys, transition);
    } catch {
      // Then the signature is not by a key of the log, and is refused.
      return keys;
    }
  }, known);
}

function consistentHead(fields: HeadFields, text: string, keys: LogKeys): Head {
  const { log, checkpoint, segment, bytes } = fields;
  const { origin, size, root } = parseCheckpoint(text);
  if (origin !== originOf(log) || log !== identityOf(keys).log) {
    throw new Error(`origin ${origin}, log ${log}`);
  }
  const tops = fields.tree.map((top) => decodeBase64(top) ?? Buffer.alloc(0));
  const first = size - fields.pending.length;
  const before = restoreTree(first, tops);
  const pending = fields.pending.map(checkRecord);
  const lines = pending.map(recordLine);
  const tail = Buffer.concat(lines);
  const tree = lines.reduce(
    (grown, line) => appendLeaf(grown, leafHash(line.subarray(0, -1))),
    before,
  );
  // So the signature holds for `pending` and `tree` too, and a log can be completed from them.
  if (!sameHash(compactRoot(tree), root)) {
    throw new Error("`tree` and the last records do not give the root that was signed");
  }
  if (
    pending.some((record, index) => record.sequence !== first + index) ||
    segment > first ||
    (segment === first ? tail.length !== bytes : tail.length >= bytes)
  ) {
    throw new Error("`bytes` or the last records are not those of this place");
  }
  return { log, segment, bytes, before, pending, tail, tree, checkpoint, keys };
}

function signed(head: Omit<Head, "checkpoint">, signer: NoteSigner): Head {
  const text = formatCheckpoint({
    origin: originOf(head.log),
    size: head.tree.size,
    root: compactRoot(head.tree),
  });
  return { ...head, checkpoint: signNote(text, signer) };
}

function failed(code: string, expected: string, cause: unknown): CodedError {
  return new CodedError({
    code,
    message: `head: expected ${expected}: ${cause instanceof Error ? cause.message : String(cause)}`,
    hint: "Keep the folder as evidence; start a new log in another one.",
    cause,
  });
}
