import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { createKeyPair, parseCanonical } from "@clawkeep/integrity";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { sampleEnd, sampleStart } from "../test/sample-records.ts";
import { checkProof } from "./check-proof.ts";
import { openAuditLog } from "./open-audit-log.ts";
import { formatProof, parseProof } from "./proof-text.ts";
import type { AuditProof } from "./proof-text.ts";
import { proveRecord } from "./prove-record.ts";

let folder = "";
let verifier = "";
let ids: string[] = [];
let text = "";
let proof: AuditProof;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "clawkeep-proof-"));
  const log = await openAuditLog({ folder });
  for (let run = 0; run < 3; run += 1) {
    const { id } = await log.start(sampleStart);
    ids.push(id);
    if (run < 2) await log.end(sampleEnd(id));
  }
  await log.close();
  verifier = await readFile(join(folder, "verifier"), "utf8");
  text = await prove(ids[1] ?? "");
  proof = parseProof(text);
});

afterAll(async () => rm(folder, { recursive: true }));

async function prove(
  id: string,
  type: "execution-start" | "execution-end" = "execution-start",
): Promise<string> {
  return (await proveRecord(folder, id, type)).proof ?? "";
}

function codes(changed: string): string[] {
  return checkProof(changed, verifier).findings.map(({ code }) => code);
}

describe("a proof", () => {
  test("shows every record of the log", async () => {
    for (const [run, id] of ids.entries()) {
      const start = checkProof(await prove(id), verifier);
      expect(start).toMatchObject({ ok: true, findings: [], proof: { index: 2 * run } });
      expect(start.proof?.record).toMatchObject({ type: "execution-start", execution: id });
    }
    const end = checkProof(await prove(ids[0] ?? "", "execution-end"), verifier);
    expect(end).toMatchObject({ ok: true, proof: { index: 1, record: { exitCode: 0 } } });
  });

  test("of what is not in the log is refused", async () => {
    await expect(prove("123456789012-0")).rejects.toMatchObject({
      code: "AUDIT_EXECUTION_UNKNOWN",
    });
    await expect(prove(ids[2] ?? "", "execution-end")).rejects.toMatchObject({
      code: "AUDIT_EXECUTION_UNKNOWN",
    });
  });

  test("is one line of printable ASCII, whatever the record holds", () => {
    expect(text).toMatch(/^[ -~]+\n$/u);
    expect(text).toContain("\\u202e\\u001b");
    expect(parseCanonical(JSON.stringify(JSON.parse(text)))).toEqual(proof);
  });

  test.each(["version", "record", "index", "inclusion", "checkpoint"])(
    "is found out by any changed byte of its field %s",
    (field) => {
      const value = formatProof({ ...proof, [field]: "<>" });
      const from = value.indexOf('"<>"');
      const rest = value.length - from - '"<>"'.length;
      for (let at = from; at < text.length - rest; at += 1) {
        for (const mask of [1, 2, 16]) {
          const changed = String.fromCharCode(text.charCodeAt(at) ^ mask);
          expect(codes(text.slice(0, at) + changed + text.slice(at + 1))).not.toEqual([]);
        }
      }
    },
  );

  test("is found out by another value of each field that is a proper one", async () => {
    const other = parseProof(await prove(ids[0] ?? ""));
    const { record, inclusion, checkpoint } = proof;
    const text = (change: Partial<AuditProof>): string => formatProof({ ...proof, ...change });
    expect(codes(text({ record: other.record }))).toEqual([
      "AUDIT_RECORD_MISPLACED",
      "AUDIT_PROOF_INCLUSION",
    ]);
    expect(
      codes(text({ record: { ...record, time: other.record.time.replace(/^2/u, "1") } })),
    ).toEqual(["AUDIT_PROOF_INCLUSION"]);
    expect(codes(text({ index: 3 }))).toEqual(["AUDIT_RECORD_MISPLACED", "AUDIT_PROOF_INCLUSION"]);
    for (const path of [other.inclusion, inclusion.slice(1), inclusion.toReversed(), []]) {
      expect(codes(text({ inclusion: path }))).toEqual(["AUDIT_PROOF_INCLUSION"]);
    }
    const signed = checkpoint.replace("\n5\n", "\n6\n");
    expect(codes(text({ checkpoint: signed }))).toEqual(["AUDIT_CHECKPOINT_SIGNATURE"]);
    expect(codes(text({ checkpoint: "" }))).toEqual(["AUDIT_CHECKPOINT_MALFORMED"]);
  });

  test("is malformed when it is spelled another way or is something else", () => {
    for (const changed of [
      text.trim(),
      ` ${text}`,
      text.replace('"version":1', '"version":1,"version":1'),
      text.replace('"version":1', '"version":1.0'),
      text.replace("\\u2014", "\u2014"),
      "",
      "[]",
    ]) {
      expect(codes(changed)).toEqual(["AUDIT_PROOF_MALFORMED"]);
    }
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (any) => {
        expect(codes(any)).toEqual(["AUDIT_PROOF_MALFORMED"]);
      }),
    );
  });

  test("is not believed with another key, and a key that is none is an error", () => {
    const name = verifier.split("+")[0] ?? "";
    const find = (key: string): unknown => checkProof(text, key).findings[0]?.code;
    expect(find(createKeyPair(name).verifierKey)).toBe("AUDIT_CHECKPOINT_SIGNATURE");
    const foreign = createKeyPair(`clawkeep/audit/${"5".repeat(32)}`).verifierKey;
    expect(find(foreign)).toBe("AUDIT_CHECKPOINT_OTHER_LOG");
    for (const key of ["", "x", createKeyPair("somebody").verifierKey]) {
      expect(() => checkProof(text, key)).toThrow(/public key/u);
    }
  });
});
