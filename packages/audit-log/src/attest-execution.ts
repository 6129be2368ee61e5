import { CodedError } from "@clawkeep/diagnostics";
import { signEnvelope } from "@clawkeep/integrity";

import {
  attestedOutputs,
  formatStatement,
  predicateType,
  statementMediaType,
} from "./attestation.ts";
import { readSigner } from "./log-keys.ts";
import { logPaths } from "./log-paths.ts";
import { proveRecords } from "./prove-record.ts";
import type { AuditVerification } from "./verify-audit-log.ts";

/** An attestation, when the log verifies, and what its verification said. */
export interface AuditAttesting {
  readonly verification: AuditVerification;
  /** A DSSE envelope: one line. Absent when the log does not verify. */
  readonly envelope?: string;
}

/**
 * Attests one execution that has ended: an in-toto statement about what it printed, in a DSSE envelope
 * that the log's key signs. Needs the private key.
 *
 * @throws CodedError `AUDIT_EXECUTION_UNKNOWN` (also when it has not ended), `AUDIT_ATTESTATION_PRIVATE`,
 *   `AUDIT_KEY_MISSING`, of `openOwnFile` when others could have read the key
 */
export async function attestExecution(folder: string, execution: string): Promise<AuditAttesting> {
  const proving = await proveRecords(folder, execution, ["execution-start", "execution-end"]);
  const { verification, proofs } = proving;
  const [start, end] = proofs ?? [];
  if (start === undefined || end?.record.type !== "execution-end") {
    return { verification };
  }
  const payload = formatStatement({
    _type: "https://in-toto.io/Statement/v1",
    subject: attestedOutputs(end.record),
    predicateType,
    predicate: { start, end },
  });
  const signer = await readSigner(logPaths(folder).key).catch((cause: unknown) => {
    if ((cause as NodeJS.ErrnoException).code !== "ENOENT") throw cause;
    throw new CodedError({
      code: "AUDIT_KEY_MISSING",
      message: "expected the log's private key to sign with, got none beside the log",
      hint: "Only the log's owner can attest; `audit prove` makes proofs from a copy of a log.",
      cause,
    });
  });
  return {
    verification,
    envelope: signEnvelope({ payloadType: statementMediaType, payload }, signer),
  };
}
