import { CodedError } from "@clawkeep/diagnostics";
import { canonicalJson, isDigest, parseCanonical } from "@clawkeep/integrity";
import type { JsonValue } from "@clawkeep/integrity";
import * as z from "zod";

import { proofSchema } from "./proof-text.ts";
import type { AuditProof } from "./proof-text.ts";
import type { ExecutionEndRecord } from "./records.ts";

/** What a DSSE envelope says that it carries when it carries an in-toto statement. */
export const statementMediaType: string = "application/vnd.in-toto+json";
/** The type of our predicate: docs/audit-export.md describes it. */
export const predicateType: string = "https://clawkeep.dev/attestation/skill-execution/v1";

/** One output of the execution that is attested. */
export interface AttestedOutput {
  readonly name: "stdout" | "stderr";
  readonly digest: { readonly sha256: string };
}

/**
 * An in-toto statement, version 1, about one execution: what it printed, and both of its records with
 * the proofs that they stand in the log.
 *
 * Source: https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md
 */
export interface ExecutionStatement {
  readonly _type: "https://in-toto.io/Statement/v1";
  readonly subject: readonly AttestedOutput[];
  readonly predicateType: string;
  readonly predicate: { readonly start: AuditProof; readonly end: AuditProof };
}

const output: z.ZodType<AttestedOutput> = z.strictObject({
  name: z.enum(["stdout", "stderr"]),
  digest: z.strictObject({ sha256: z.string().regex(/^[0-9a-f]{64}$/u) }),
});

const schema: z.ZodType<ExecutionStatement> = z.strictObject({
  _type: z.literal("https://in-toto.io/Statement/v1"),
  subject: z.array(output).min(1).max(2),
  predicateType: z.literal(predicateType),
  predicate: z.strictObject({ start: proofSchema, end: proofSchema }),
});

/**
 * What an execution printed. Standard error is left out when there was none; standard output is there
 * always, since a statement must be about something.
 *
 * @throws CodedError `AUDIT_ATTESTATION_PRIVATE` when the record has keyed digests, which nobody else
 *   can compare
 */
export function attestedOutputs({
  stdout,
  stderr,
  execution,
}: ExecutionEndRecord): readonly AttestedOutput[] {
  const attested = (
    [
      ["stdout", stdout],
      ["stderr", stderr],
    ] as const
  ).filter(([name, { bytes }]) => name === "stdout" || bytes > 0);
  return attested.map(([name, { digest }]) => {
    if (!isDigest(digest)) {
      throw new CodedError({
        code: "AUDIT_ATTESTATION_PRIVATE",
        message: `expected a plain digest of ${name} of ${execution}, got a keyed one`,
        hint: "The contract keeps its outputs private: only this log's owner can compare them.",
      });
    }
    return { name, digest: { sha256: digest.slice("sha256:".length) } };
  });
}

/** The bytes of a statement: canonical JSON. */
export function formatStatement(statement: ExecutionStatement): Uint8Array {
  return Buffer.from(canonicalJson(statement as unknown as JsonValue));
}

/**
 * Reads the bytes of a statement, which must be what {@link formatStatement} writes: so no two readers
 * can see different statements in them.
 *
 * @throws CodedError `AUDIT_ATTESTATION_MALFORMED`
 */
export function parseStatement(bytes: Uint8Array): ExecutionStatement {
  try {
    return schema.parse(parseCanonical(bytes));
  } catch (cause) {
    throw new CodedError({
      code: "AUDIT_ATTESTATION_MALFORMED",
      message: `expected a statement about an execution as \`audit export --attestation\` writes it, got: ${cause instanceof Error ? cause.message : String(cause)}`,
      cause,
    });
  }
}
