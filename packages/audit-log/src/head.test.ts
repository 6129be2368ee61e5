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
import { firstHead, formatHead, nextHead, parseHead, recordLine } from "./head.ts";
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
    all.push(nextHead(all[sequence] as Head, last, recordLine(last), signer));
  }
  return all;
}

function edited(head: Head, edit: (fields: Record<string, JsonValue>) => void): Buffer {
  const fields = { ...(parseCanonical(formatHead(head).trimEnd()) as JsonObject) };
  edit(fields);
  return Buffer.from(`${canonicalJson(fields)}\n`);
}

function codeOf(bytes: Uint8Array): string {
  try {
    parseHead(bytes, verifier);
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
  return "nothing thrown";
}

describe("a head", () => {
  test("comes back as it was, and has the root of all records", () => {
    const note = fc.string({ unit: "binary", maxLength: 20 });
    fc.assert(
      fc.property(fc.array(note, { maxLength: 12 }), (notes) => {
        let tree = emptyTree;
        for (const head of heads(notes)) {
          const text = formatHead(head);
          expect(formatHead(parseHead(Buffer.from(text), verifier))).toBe(text);
          if (head.last !== undefined) {
            tree = appendLeaf(tree, leafHash(recordLine(head.last).subarray(0, -1)));
          }
          expect(sameHash(compactRoot(head.tree), compactRoot(tree))).toBe(true);
        }
      }),
      { numRuns: 8 },
    );
  });

  test.each<[string, (fields: Record<string, JsonValue>) => void, string]>([
    ["an unknown field", (f) => (f["extra"] = 1), "AUDIT_HEAD_MALFORMED"],
    ["another format", (f) => (f["format"] = 2), "AUDIT_HEAD_MALFORMED"],
    ["another log", (f) => (f["log"] = "f".repeat(32)), "AUDIT_HEAD_INCONSISTENT"],
    [
      "another last record",
      (f) => (f["last"] = record(2, "forged") as unknown as JsonValue),
      "AUDIT_HEAD_INCONSISTENT",
    ],
    ["no last record", (f) => delete f["last"], "AUDIT_HEAD_INCONSISTENT"],
    ["no tree", (f) => (f["tree"] = []), "AUDIT_HEAD_INCONSISTENT"],
    [
      "another tree",
      (f) => (f["tree"] = [Buffer.alloc(32).toString("base64")]),
      "AUDIT_HEAD_INCONSISTENT",
    ],
    ["fewer bytes than its record has", (f) => (f["bytes"] = 5), "AUDIT_HEAD_INCONSISTENT"],
    ["a negative length", (f) => (f["bytes"] = -1), "AUDIT_HEAD_MALFORMED"],
    ["no signature", (f) => (f["checkpoint"] = "a\n"), "AUDIT_HEAD_SIGNATURE"],
    [
      "a second signature",
      (f) => (f["checkpoint"] = `${f["checkpoint"] as string}\u2014 witness AAAAAAAAAAA=\n`),
      "AUDIT_HEAD_SIGNATURE",
    ],
    [
      "a signed text that is no checkpoint",
      (f) => (f["checkpoint"] = signNote("a\n", signer)),
      "AUDIT_HEAD_INCONSISTENT",
    ],
  ])("is refused with %s", (_, edit, code) => {
    const head = heads(["a", "b", "c"])[3] as Head;
    expect(codeOf(edited(head, () => undefined))).toBe("nothing thrown");
    expect(codeOf(edited(head, edit))).toBe(code);
  });

  test("of an empty log is refused with anything in it", () => {
    const head = firstHead(signer);
    expect(codeOf(edited(head, (f) => (f["bytes"] = 1)))).toBe("AUDIT_HEAD_INCONSISTENT");
    expect(codeOf(edited(head, (f) => (f["last"] = null)))).toBe("AUDIT_HEAD_INCONSISTENT");
  });

  test("is refused in another form", () => {
    const text = formatHead(heads(["a"])[1] as Head);
    for (const bad of ["", "{}\n", text.trimEnd(), `${text}\n`, ` ${text}`, text.slice(0, 90)]) {
      expect(codeOf(Buffer.from(bad))).toBe("AUDIT_HEAD_MALFORMED");
    }
  });
});
