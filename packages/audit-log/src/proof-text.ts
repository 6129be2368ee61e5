import { CodedError } from "@clawkeep/diagnostics";
import type { JsonValue } from "@clawkeep/integrity";
import * as z from "zod";

import { printableCanonical } from "./printable-canonical.ts";
import { checkRecord } from "./record-schema.ts";
import type { AuditRecord } from "./records.ts";

/** That a record stands in a log: see docs/audit-format.md. */
export interface AuditProof {
  readonly version: 1;
  readonly record: AuditRecord;
  /** Index of the record in the log, from 0. */
  readonly index: number;
  /** The audit path of RFC 6962, section 2.1.1, from the leaf upwards; base64. */
  readonly inclusion: readonly string[];
  /** The signed checkpoint of the log in which the record stands. */
  readonly checkpoint: string;
}

/** More than any proof has: one record of at most a mebibyte, each unit of it as an escape. */
const maxProofLength: number = 8 << 20;

/** The members of a proof, for what holds one. */
export const proofSchema: z.ZodType<AuditProof> = z.strictObject({
  version: z.literal(1),
  record: z.unknown().transform((value) => checkRecord(value)),
  index: z.int().nonnegative(),
  inclusion: z.array(z.string().length(44)).max(64),
  checkpoint: z.string(),
});

/** The text of a proof: one line of {@link printableCanonical}. */
export function formatProof(proof: AuditProof): string {
  return `${printableCanonical(proof as unknown as JsonValue)}\n`;
}

/**
 * Reads the text of a proof, which must be what {@link formatProof} writes, byte for byte: so no
 * two readers can see different proofs in it.
 *
 * @throws CodedError `AUDIT_PROOF_MALFORMED`
 */
export function parseProof(text: string): AuditProof {
  let proof: AuditProof;
  try {
    if (text.length > maxProofLength) throw new Error(`longer than ${maxProofLength}`);
    proof = proofSchema.parse(JSON.parse(text));
    if (formatProof(proof) === text) return proof;
  } catch (cause) {
    throw malformed(`got: ${cause instanceof Error ? cause.message : String(cause)}`, cause);
  }
  throw malformed("got one that is spelled another way");
}

function malformed(got: string, cause?: unknown): CodedError {
  return new CodedError({
    code: "AUDIT_PROOF_MALFORMED",
    message: `expected a proof as \`audit prove\` prints it, ${got}`,
    ...(cause === undefined ? {} : { cause }),
  });
}
