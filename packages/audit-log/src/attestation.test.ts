import { appendFile, mkdtemp, readFile, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { createKeyPair, digestBytes, parseSignerKey, signEnvelope } from "@clawkeep/integrity";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { sampleEnd, sampleStart } from "../test/sample-records.ts";
import { attestExecution } from "./attest-execution.ts";
import { formatStatement, parseStatement, predicateType } from "./attestation.ts";
import type { ExecutionStatement } from "./attestation.ts";
import { checkAttestation } from "./check-attestation.ts";
import { openAuditLog } from "./open-audit-log.ts";
import { formatRecord } from "./printable-canonical.ts";
import { readAuditLog } from "./read-audit-log.ts";

const stdout = digestBytes("the answer");
let folder = "";
let verifier = "";
let ids: string[] = [];
let envelope = "";
let statement: ExecutionStatement;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "clawkeep-attest-"));
  const log = await openAuditLog({ folder });
  for (let run = 0; run < 4; run += 1) {
    const { id } = await log.start(sampleStart);
    ids.push(id);
    const end = sampleEnd(id);
    const printed = { digest: stdout, bytes: 10, truncated: false };
    if (run === 0) await log.end({ ...end, stdout: printed });
    if (run === 1) await log.end({ ...end, stderr: { ...printed, bytes: 3 } });
    const keyed = { ...printed, digest: log.keyedDigest("the answer") };
    if (run === 2) await log.end({ ...end, stdout: keyed });
  }
  await log.close();
  verifier = await readFile(join(folder, "verifier"), "utf8");
  envelope = await attest(0);
  statement = parseStatement(payloadOf(envelope));
});

afterAll(async () => rm(folder, { recursive: true }));

async function attest(run: number): Promise<string> {
  return (await attestExecution(folder, ids[run] ?? "")).envelope ?? "";
}

function payloadOf(text: string): Buffer {
  return Buffer.from((JSON.parse(text) as { payload: string }).payload, "base64");
}

function codes(text: string): string[] {
  return checkAttestation(text, verifier).findings.map(({ code }) => code);
}

/** Signs as only the log's owner can. */
async function signed(
  payload: Uint8Array,
  payloadType = "application/vnd.in-toto+json",
): Promise<string> {
  const signer = parseSignerKey((await readFile(join(folder, "key"), "utf8")).trim());
  return signEnvelope({ payloadType, payload }, signer);
}

describe("an attestation", () => {
  test("is about what was printed, and is checked without the log", async () => {
    expect(statement).toMatchObject({
      _type: "https://in-toto.io/Statement/v1",
      predicateType,
      subject: [{ name: "stdout", digest: { sha256: stdout.slice(7) } }],
    });
    expect(codes(envelope)).toEqual([]);
    const both = checkAttestation(await attest(1), verifier);
    expect(both.ok).toBe(true);
    expect(both.statement?.subject.map(({ name }) => name)).toEqual(["stdout", "stderr"]);
  });

  test("is one line of printable ASCII, whatever the records hold", () => {
    expect(envelope).toMatch(/^[ -~]+\n$/u);
    expect(Object.keys(JSON.parse(envelope) as object)).toEqual([
      "payload",
      "payloadType",
      "signatures",
    ]);
  });

  test("with any changed byte is not believed", () => {
    for (let at = 0; at < envelope.length - 1; at += 1) {
      const changed = String.fromCharCode(envelope.charCodeAt(at) ^ (1 << (at % 5)));
      const text = envelope.slice(0, at) + changed + envelope.slice(at + 1);
      expect(codes(text)).toHaveLength(1);
    }
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        expect(codes(text)).toEqual(["DSSE_MALFORMED"]);
      }),
    );
  });

  test("by another key is not believed, whoever it says it is", async () => {
    const { signerKey } = createKeyPair(verifier.split("+")[0] ?? "");
    const payloadType = "application/vnd.in-toto+json";
    const payload = payloadOf(envelope);
    const foreign = signEnvelope({ payloadType, payload }, parseSignerKey(signerKey));
    expect(codes(foreign)).toEqual(["DSSE_SIGNATURE"]);
    expect(() => checkAttestation(envelope, "x")).toThrow(/public key/u);
  });

  test("that the log's key signed must be of this kind, and agree with its records", async () => {
    const other = parseStatement(payloadOf(await attest(1)));
    const { predicate, subject } = statement;
    const change = async (changed: Partial<ExecutionStatement>): Promise<string[]> =>
      codes(await signed(formatStatement({ ...statement, ...changed })));
    expect(await change({})).toEqual([]);
    expect(await change({ subject: other.subject })).toEqual(["AUDIT_ATTESTATION_SUBJECT"]);
    expect(await change({ predicate: { ...predicate, end: other.predicate.end } })).toEqual([
      "AUDIT_ATTESTATION_MISMATCH",
    ]);
    expect(await change({ predicate: { start: predicate.end, end: predicate.start } })).toEqual([
      "AUDIT_ATTESTATION_MISMATCH",
    ]);
    const { record } = predicate.end;
    const end = { ...predicate.end, record: { ...record, time: "2000-01-01T00:00:00.000Z" } };
    expect(await change({ predicate: { ...predicate, end } })).toEqual(["AUDIT_PROOF_INCLUSION"]);
    for (const changed of [
      { subject: [] },
      { subject: [...subject, ...subject, ...subject] },
      { predicateType: "https://slsa.dev/provenance/v1" },
    ]) {
      expect(await change(changed)).toEqual(["AUDIT_ATTESTATION_MALFORMED"]);
    }
    const payload = payloadOf(envelope);
    expect(codes(await signed(payload, "application/json"))).toEqual([
      "AUDIT_ATTESTATION_MALFORMED",
    ]);
    expect(codes(await signed(Buffer.concat([payload, Buffer.from(" ")])))).toEqual([
      "AUDIT_ATTESTATION_MALFORMED",
    ]);
  });

  test("is not made of what has not ended, of private outputs, or without the key", async () => {
    await expect(attest(3)).rejects.toMatchObject({ code: "AUDIT_EXECUTION_UNKNOWN" });
    await expect(attest(2)).rejects.toMatchObject({ code: "AUDIT_ATTESTATION_PRIVATE" });
    await rename(join(folder, "key"), join(folder, "kept"));
    await expect(attest(0)).rejects.toMatchObject({ code: "AUDIT_KEY_MISSING" });
    await rename(join(folder, "kept"), join(folder, "key"));
  });

  test("is not made of a log that does not verify", async () => {
    const log = join(folder, "log.ndjson");
    const whole = await readFile(log);
    await appendFile(log, "{}\n");
    const { envelope: none, verification } = await attestExecution(folder, ids[0] ?? "");
    expect([none, verification.ok]).toEqual([undefined, false]);
    await rm(log);
    await appendFile(log, whole);
  });
});

test("a record that is written for export is its line of the log again when it is canonical", async () => {
  const lines = (await readFile(join(folder, "log.ndjson"), "utf8")).split("\n");
  const { records } = await readAuditLog(folder);
  expect(records.length).toBeGreaterThan(6);
  for (const [index, record] of records.entries()) {
    const text = formatRecord(record);
    expect(text).toMatch(/^[ -~]+$/u);
    expect(JSON.stringify(JSON.parse(text))).toBe(lines[index]);
  }
});
