import { CodedError } from "@clawkeep/diagnostics";
import type { NoteVerifier } from "@clawkeep/integrity";

/** What ties records, head and key of one log together. */
export interface LogIdentity {
  /** 32 hex digits. */
  readonly log: string;
  /** 8 hex digits. */
  readonly key: string;
}

const prefix: string = "clawkeep/audit/";

/** The log's name in checkpoints, and the name of its key. */
export function originOf(log: string): string {
  return `${prefix}${log}`;
}

/**
 * The identity that a key's name gives.
 *
 * @throws CodedError `AUDIT_VERIFIER_MALFORMED` when it is not the key of an audit log
 */
export function identityOf(verifier: Pick<NoteVerifier, "name" | "keyId">): LogIdentity {
  const log = verifier.name.slice(prefix.length);
  if (!verifier.name.startsWith(prefix) || !/^[0-9a-f]{32}$/u.test(log)) {
    throw new CodedError({
      code: "AUDIT_VERIFIER_MALFORMED",
      message: `expected a key named ${prefix}<log id>, got ${JSON.stringify(verifier.name)}`,
    });
  }
  return { log, key: verifier.keyId };
}

/** The id of the execution whose start stands at a place of a log. */
export function executionId(log: string, sequence: number): string {
  return `${log.slice(0, 12)}-${sequence}`;
}
