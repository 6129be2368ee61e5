import { CodedError, hasErrors, isCodedError } from "@clawkeep/diagnostics";
import type { Finding } from "@clawkeep/diagnostics";
import { decodeBase64, leafHash, verifyInclusion } from "@clawkeep/integrity";

import { recordLine } from "./head.ts";
import { readKnownCheckpoint } from "./known-checkpoint.ts";
import { identityOf } from "./log-identity.ts";
import { keyAt, parseVerifierFile } from "./log-key-chain.ts";
import type { LogKeys } from "./log-key-chain.ts";
import { parseProof } from "./proof-text.ts";
import type { AuditProof } from "./proof-text.ts";

/** What the check of a proof says. */
export interface ProofCheck {
  /** True when there is no finding. */
  readonly ok: boolean;
  readonly findings: readonly Finding[];
  /** What the text says, believed or not; absent when it is no proof. */
  readonly proof?: AuditProof;
}

/**
 * Checks, without the log, that a record stood in it when the checkpoint in the proof was signed.
 *
 * @param verifierKey The log's public key: the text of its `verifier` file, from where it is trusted.
 * @throws CodedError `AUDIT_VERIFIER_MALFORMED`
 */
export function checkProof(text: string, verifierKey: string): ProofCheck {
  const verifier = trustedVerifier(verifierKey);
  let proof: AuditProof;
  try {
    proof = parseProof(text);
  } catch (cause) {
    if (!isCodedError(cause)) throw cause;
    return { ok: false, findings: [error(cause.code, cause.message)] };
  }
  const findings = judgeProof(proof, verifier);
  return { ok: !hasErrors(findings), findings, proof };
}

/** Everything that is wrong with a proof that is well-formed. */
export function judgeProof(proof: AuditProof, verifier: LogKeys): readonly Finding[] {
  const { record, index } = proof;
  const known = readKnownCheckpoint(proof.checkpoint, verifier);
  if (!("origin" in known)) {
    return [known];
  }
  const findings: Finding[] = [];
  const { log, key } = identityOf(keyAt(verifier, index));
  if (record.log !== log || record.key !== key || record.sequence !== index) {
    const expected = `log ${log}, key ${key}, sequence ${index}`;
    const got = `log ${record.log}, key ${record.key}, sequence ${record.sequence}`;
    findings.push(error("AUDIT_RECORD_MISPLACED", `expected ${expected}, got ${got}`));
  }
  const path = proof.inclusion.map(decodeBase64);
  const hashes = path.filter((hash) => hash?.length === 32);
  const leaf = leafHash(recordLine(record).subarray(0, -1));
  const claim = { leaf, index, size: known.size, proof: hashes as Uint8Array[], root: known.root };
  if (hashes.length !== path.length || !verifyInclusion(claim)) {
    const message = `expected record ${index} to be one of the ${known.size} that were signed, got a proof that does not show it`;
    findings.push(error("AUDIT_PROOF_INCLUSION", message));
  }
  return findings;
}

/**
 * The public key of a log, as somebody gives it who trusts it.
 *
 * @throws CodedError `AUDIT_VERIFIER_MALFORMED`
 */
export function trustedVerifier(text: string): LogKeys {
  try {
    const verifier = parseVerifierFile(Buffer.from(`${text.trim()}\n`));
    identityOf(verifier);
    return verifier;
  } catch (cause) {
    throw new CodedError({
      code: "AUDIT_VERIFIER_MALFORMED",
      message: `public key: ${cause instanceof Error ? cause.message : String(cause)}`,
      hint: "It is the text of the file `verifier` of the log's folder.",
      cause,
    });
  }
}

function error(code: string, message: string): Finding {
  return { code, severity: "error", message };
}
