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
  verifyNote,
} from "@clawkeep/integrity";
import type { CompactTree, JsonValue, NoteSigner, NoteVerifier } from "@clawkeep/integrity";
import * as z from "zod";

import { identityOf, originOf } from "./log-identity.ts";
import { checkRecord } from "./record-schema.ts";
import type { AuditRecord } from "./records.ts";

/** What a log is at one moment. */
export interface Head {
  readonly log: string;
  /** The length of the log file when its last line is whole. */
  readonly bytes: number;
  /** The tree over all records but the last. */
  readonly before: CompactTree;
  readonly last?: AuditRecord;
  /** The tree over all records. */
  readonly tree: CompactTree;
  /** Signed note. */
  readonly checkpoint: string;
}

const headSchema = z.strictObject({
  format: z.literal(1),
  log: z.string().regex(/^[0-9a-f]{32}$/u),
  bytes: z.int().nonnegative(),
  tree: z.array(z.string()).max(53),
  last: z.unknown().optional(),
  checkpoint: z.string(),
});

/** The bytes of a record's line: canonical JSON and a newline. */
export function recordLine(record: AuditRecord): Buffer {
  return Buffer.from(`${canonicalJson(record as unknown as JsonValue)}\n`);
}

/** The head of a log without records. */
export function firstHead(signer: NoteSigner): Head {
  const { log } = identityOf(signer);
  return signed({ log, bytes: 0, before: emptyTree, tree: emptyTree }, signer);
}

/** The head with one record more, whose line is given. */
export function nextHead(
  head: Head,
  last: AuditRecord,
  line: Uint8Array,
  signer: NoteSigner,
): Head {
  const tree = appendLeaf(head.tree, leafHash(line.subarray(0, -1)));
  const bytes = head.bytes + line.length;
  return signed({ log: head.log, bytes, before: head.tree, last, tree }, signer);
}

/** The bytes of `head.json`. */
export function formatHead(head: Head): string {
  const { log, bytes, before, last, checkpoint } = head;
  const tops = before.tops.map(encodeBase64);
  const fields = { format: 1, log, bytes, tree: tops, checkpoint };
  const all = last === undefined ? fields : { ...fields, last: last as unknown as JsonValue };
  return `${canonicalJson(all)}\n`;
}

/**
 * Reads `head.json` and checks all that can be checked without the log: its form, its signature,
 * and that its fields agree with one another.
 *
 * @throws CodedError `AUDIT_HEAD_MALFORMED`, `AUDIT_HEAD_SIGNATURE`, `AUDIT_HEAD_INCONSISTENT`
 */
export function parseHead(bytes: Uint8Array, verifier: NoteVerifier): Head {
  const fields = parseFields(bytes);
  let text: string;
  try {
    const note = verifyNote(fields.checkpoint, verifier);
    text = note.text;
    if (note.signatures.length !== 1) {
      throw new Error(`one signature, got ${note.signatures.length}`);
    }
  } catch (cause) {
    throw failed("AUDIT_HEAD_SIGNATURE", `a checkpoint signed by ${verifier.name} alone`, cause);
  }
  try {
    return consistentHead(fields, text, verifier);
  } catch (cause) {
    throw failed("AUDIT_HEAD_INCONSISTENT", "fields that agree with one another", cause);
  }
}

type HeadFields = z.infer<typeof headSchema>;

function parseFields(bytes: Uint8Array): HeadFields {
  try {
    if (bytes.at(-1) !== 0x0a) {
      throw new Error("no newline at the end");
    }
    return headSchema.parse(parseCanonical(bytes.subarray(0, -1)));
  } catch (cause) {
    throw failed("AUDIT_HEAD_MALFORMED", "a head of audit format 1", cause);
  }
}

function consistentHead(fields: HeadFields, text: string, verifier: NoteVerifier): Head {
  const { log, checkpoint } = fields;
  const { origin, size, root } = parseCheckpoint(text);
  if (origin !== originOf(log) || log !== identityOf(verifier).log) {
    throw new Error(`origin ${origin}, log ${log}`);
  }
  const tops = fields.tree.map((top) => decodeBase64(top) ?? Buffer.alloc(0));
  const before = restoreTree(Math.max(0, size - 1), tops);
  if (size === 0) {
    if (fields.last !== undefined || fields.bytes > 0 || !sameHash(compactRoot(before), root)) {
      throw new Error("records in the head of a log that has none");
    }
    return { log, bytes: 0, before, tree: before, checkpoint };
  }
  const last = checkRecord(fields.last);
  const line = recordLine(last);
  const tree = appendLeaf(before, leafHash(line.subarray(0, -1)));
  // So the signature holds for `last` and `tree` too, and a log can be completed from them.
  if (!sameHash(compactRoot(tree), root)) {
    throw new Error("`tree` and `last` do not give the root that was signed");
  }
  if (last.sequence !== size - 1 || line.length > fields.bytes) {
    throw new Error("`last` or `bytes` is not that of the last record");
  }
  return { log, bytes: fields.bytes, before, last, tree, checkpoint };
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
    message: `head.json: expected ${expected}: ${cause instanceof Error ? cause.message : String(cause)}`,
    hint: "Keep the folder as evidence; start a new log in another one.",
    cause,
  });
}
