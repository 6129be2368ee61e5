import { hasErrors, isCodedError } from "@clawkeep/diagnostics";
import type { Finding } from "@clawkeep/diagnostics";
import { openEnvelope } from "@clawkeep/integrity";

import { attestedOutputs, parseStatement, statementMediaType } from "./attestation.ts";
import type { ExecutionStatement } from "./attestation.ts";
import type { LogKeys } from "./log-key-chain.ts";
import { judgeProof, trustedVerifier } from "./check-proof.ts";

/** What the check of an attestation says. */
export interface AttestationCheck {
  /** True when there is no finding. */
  readonly ok: boolean;
  readonly findings: readonly Finding[];
  /** What was signed; absent when nothing was that is a statement about an execution. */
  readonly statement?: ExecutionStatement;
}

/**
 * Checks, without the log, that its key signed the attestation, that both records are in it, belong
 * together and stood in the log, and that what it is about is what they say was printed.
 *
 * @param verifierKey The log's public key: the text of its `verifier` file, from where it is trusted.
 * @throws CodedError `AUDIT_VERIFIER_MALFORMED`
 */
export function checkAttestation(envelope: string, verifierKey: string): AttestationCheck {
  const verifier = trustedVerifier(verifierKey);
  let statement: ExecutionStatement;
  try {
    statement = openStatement(envelope, verifier);
  } catch (cause) {
    if (!isCodedError(cause)) throw cause;
    return { ok: false, findings: [error(cause.code, cause.message)] };
  }
  const findings = judge(statement, verifier);
  return { ok: !hasErrors(findings), findings, statement };
}

function openStatement(envelope: string, verifier: LogKeys): ExecutionStatement {
  const { payload, payloadType } = openByOne(envelope, verifier);
  // The signature holds for the type too: one that means something else is not read as ours.
  return parseStatement(payloadType === statementMediaType ? payload : new Uint8Array());
}

/** It was signed by the key that the log had then: any of them. */
function openByOne(envelope: string, keys: LogKeys): ReturnType<typeof openEnvelope> {
  for (const { verifier } of keys.earlier ?? []) {
    try {
      return openEnvelope(envelope, verifier.publicKey);
    } catch {
      // The last key says what is wrong.
    }
  }
  return openEnvelope(envelope, keys.publicKey);
}

function judge(statement: ExecutionStatement, verifier: LogKeys): readonly Finding[] {
  const { start, end } = statement.predicate;
  const findings = [...judgeProof(start, verifier), ...judgeProof(end, verifier)];
  if (
    start.record.type !== "execution-start" ||
    end.record.type !== "execution-end" ||
    start.record.execution !== end.record.execution
  ) {
    const message = "expected the start and the end of one execution, got other records";
    return [...findings, error("AUDIT_ATTESTATION_MISMATCH", message)];
  }
  try {
    const printed = JSON.stringify(attestedOutputs(end.record));
    if (JSON.stringify(statement.subject) !== printed) {
      const message = `expected a statement about ${printed}, got one about other outputs`;
      findings.push(error("AUDIT_ATTESTATION_SUBJECT", message));
    }
  } catch (cause) {
    if (!isCodedError(cause)) throw cause;
    findings.push(error(cause.code, cause.message));
  }
  return findings;
}

function error(code: string, message: string): Finding {
  return { code, severity: "error", message };
}
