import {
  appendLeaf,
  canonicalJson,
  compactRoot,
  createKeyPair,
  emptyTree,
  leafHash,
  parseCanonical,
  parseSignerKey,
  sameHash,
  signNote,
  verifierOf,
} from "@clawkeep/integrity";
import type { JsonObject, JsonValue } from "@clawkeep/integrity";
import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { sampleEnd } from "../test/sample-records.ts";
import {
  firstHead,
  formatSlot,
  isBlankSlot,
  nextHead,
  parseHead,
  recordLine,
  settledHead,
  slotHeadBytes,
} from "./head.ts";
import type { Head } from "./head.ts";
import { executionId, identityOf, originOf } from "./log-identity.ts";
import type { ExecutionEndRecord } from "./records.ts";

const log = "0123456789abcdef".repeat(2);
const signer = parseSignerKey(createKeyPair(originOf(log), Buffer.alloc(32, 3)).signerKey);
const verifier = verifierOf(signer);

function record(sequence: number, note: string): ExecutionEndRecord {
  return {
    ...sampleEnd(executionId(log, 0)),
    format: 1,
    type: "execution-end",
    ...identityOf(signer),
    sequence,
    time: "2026-01-31T23:59:59.123Z",
    notes: [note],
  };
}

/** The heads of a log after 0, 1 … n records. */
function heads(notes: readonly string[]): Head[] {
  const all = [firstHead(signer)];
  for (const [sequence, note] of notes.entries()) {
    const last = record(sequence, note);
    all.push(nextHead(all[sequence] as Head, [{ record: last, line: recordLine(last) }], signer));
  }
  return all;
}

/** The slot with its fields, or its note, edited. */
function edited(
  head: Head,
  edit: (fields: Record<string, JsonValue>) => void,
  note: (text: string) => string = (text) => text,
): Buffer {
  const slot = Buffer.from(formatSlot(head));
  const fields = { ...(parseCanonical(slot.subarray(slotHeadBytes, -1)) as JsonObject) };
  edit(fields);
  const first = Buffer.alloc(slotHeadBytes);
  const end = slot.indexOf(0);
  first.write(note(slot.subarray(0, end).toString()));
  return Buffer.concat([first, Buffer.from(`${canonicalJson(fields)}\n`)]);
}

function codeOf(bytes: Uint8Array): string {
  try {
    parseHead(bytes, verifier);
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
  return "nothing thrown";
}

function withLast(fields: Record<string, JsonValue>, last: readonly JsonValue[]): JsonValue {
  return [...(fields["pending"] as readonly JsonValue[]).slice(0, -1), ...last];
}

function mark(note: string): string {
  return `clawkeep/audit/head/v3\n${note}`;
}

describe("a head", () => {
  test("comes back as it was, and has the root of all records", () => {
    const note = fc.string({ unit: "binary", maxLength: 20 });
    fc.assert(
      fc.property(fc.array(note, { maxLength: 12 }), (notes) => {
        let tree = emptyTree;
        for (const head of heads(notes)) {
          const slot = formatSlot(head);
          const back = parseHead(slot, verifier);
          expect(sameHash(formatSlot(back), slot)).toBe(true);
          expect(back.pending).toEqual(head.pending);
          expect(sameHash(formatSlot(parseHead(formatSlot(head, 9000), verifier)), slot)).toBe(
            true,
          );
          const settled = parseHead(formatSlot(settledHead(head)), verifier);
          expect(settled).toMatchObject({ pending: [], checkpoint: head.checkpoint });
          const last = head.pending.at(-1);
          if (last !== undefined) {
            tree = appendLeaf(tree, leafHash(recordLine(last).subarray(0, -1)));
          }
          expect(sameHash(compactRoot(head.tree), compactRoot(tree))).toBe(true);
        }
      }),
      { numRuns: 8 },
    );
  });

  test.each<[string, (fields: Record<string, JsonValue>) => void, string]>([
    ["an unknown field", (f) => (f["extra"] = 1), "AUDIT_HEAD_MALFORMED"],
    ["another format", (f) => (f["format"] = 4), "AUDIT_HEAD_MALFORMED"],
    ["another log", (f) => (f["log"] = "f".repeat(32)), "AUDIT_HEAD_INCONSISTENT"],
    [
      "another last record",
      (f) => (f["pending"] = withLast(f, [record(2, "forged") as unknown as JsonValue])),
      "AUDIT_HEAD_INCONSISTENT",
    ],
    ["no last record", (f) => (f["pending"] = withLast(f, [])), "AUDIT_HEAD_INCONSISTENT"],
    [
      "another tree",
      (f) => (f["tree"] = [Buffer.alloc(32).toString("base64")]),
      "AUDIT_HEAD_INCONSISTENT",
    ],
    ["fewer bytes than its record has", (f) => (f["bytes"] = 5), "AUDIT_HEAD_INCONSISTENT"],
    ["a negative length", (f) => (f["bytes"] = -1), "AUDIT_HEAD_MALFORMED"],
  ])("is refused with %s", (_, edit, code) => {
    const head = heads(["a", "b", "c"])[3] as Head;
    expect(codeOf(edited(head, () => undefined))).toBe("nothing thrown");
    expect(codeOf(edited(head, edit))).toBe(code);
  });

  test.each<[string, (note: string) => string, string]>([
    ["no signature", () => mark("a\n"), "AUDIT_HEAD_SIGNATURE"],
    [
      "a second signature",
      (note) => `${note}\u2014 witness AAAAAAAAAAA=\n`,
      "AUDIT_HEAD_SIGNATURE",
    ],
    [
      "a signed text that is no checkpoint",
      () => mark(signNote("a\n", signer)),
      "AUDIT_HEAD_INCONSISTENT",
    ],
    ["another mark", (note) => note.replace("v3", "v4"), "AUDIT_HEAD_MALFORMED"],
  ])("is refused with %s", (_, note, code) => {
    expect(codeOf(edited(heads(["a"])[1] as Head, () => undefined, note))).toBe(code);
  });

  test("of an empty log is refused with anything in it", () => {
    const head = firstHead(signer);
    expect(codeOf(edited(head, (f) => (f["bytes"] = 1)))).toBe("AUDIT_HEAD_INCONSISTENT");
    expect(codeOf(edited(head, (f) => (f["pending"] = [null])))).toBe("AUDIT_HEAD_INCONSISTENT");
  });

  test("is refused in another form", () => {
    const slot = Buffer.from(formatSlot(heads(["a"])[1] as Head, 4096));
    const end = slot.indexOf(0x0a, slotHeadBytes);
    expect(codeOf(slot)).toBe("nothing thrown");
    const bad = [slot.subarray(0, end), slot.subarray(0, 90), slot.subarray(1), Buffer.alloc(0)];
    for (const at of [slotHeadBytes - 1, end + 1, slot.length - 1]) {
      const copy = Buffer.from(slot);
      copy[at] = 0x20;
      bad.push(copy);
    }
    for (const bytes of bad) {
      expect(codeOf(bytes)).toBe("AUDIT_HEAD_MALFORMED");
    }
  });

  test("that is wiped is blank, and one cut off in the middle is neither blank nor sound", () => {
    const slot = Buffer.from(formatSlot(heads(["a"])[1] as Head));
    expect(isBlankSlot(slot)).toBe(false);
    expect(isBlankSlot(Buffer.from(slot).fill(0, 0, slotHeadBytes))).toBe(true);
    expect(codeOf(Buffer.from(slot).fill(0, slot.length >> 1))).toBe("AUDIT_HEAD_MALFORMED");
  });
});
