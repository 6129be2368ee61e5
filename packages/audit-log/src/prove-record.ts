import { CodedError } from "@clawkeep/diagnostics";
import { encodeBase64, inclusionProof, leafHash } from "@clawkeep/integrity";

import { recordLine } from "./head.ts";
import { logPaths } from "./log-paths.ts";
import { FolderSource } from "./log-source.ts";
import { formatProof } from "./proof-text.ts";
import type { AuditRecord } from "./records.ts";
import { verifySource } from "./verify-audit-log.ts";
import type { AuditVerification } from "./verify-audit-log.ts";

/** Which of the two records of an execution. */
export type ProvenRecord = "execution-start" | "execution-end";

/** A proof, when the log verifies, and what its verification said. */
export interface AuditProving {
  readonly verification: AuditVerification;
  /** The text that `checkProof` checks: one line. Absent when the log does not verify. */
  readonly proof?: string;
}

/**
 * Makes a proof that one record stands in a log, which needs neither the log nor its other records
 * to be checked. Reads the whole log and keeps 32 bytes of each record.
 *
 * @throws CodedError `AUDIT_EXECUTION_UNKNOWN` when no such record of that execution is in the log
 */
export async function proveRecord(
  folder: string,
  execution: string,
  type: ProvenRecord,
): Promise<AuditProving> {
  const leaves: Uint8Array[] = [];
  let found: AuditRecord | undefined;
  const source = new FolderSource(logPaths(folder));
  try {
    const verification = await verifySource(
      source,
      {},
      {
        onRecord: (record) => {
          leaves.push(leafHash(recordLine(record).subarray(0, -1)));
          if (record.type === type && record.execution === execution) found = record;
        },
      },
    );
    const { ok, checkpoint } = verification;
    if (!ok || checkpoint === undefined) {
      return { verification };
    }
    if (found === undefined) {
      throw new CodedError({
        code: "AUDIT_EXECUTION_UNKNOWN",
        message: `expected the ${type} of ${JSON.stringify(execution)} in the log, got none among ${leaves.length} records`,
        hint: "`audit show` lists the executions, and which of them have ended.",
      });
    }
    const index = found.sequence;
    const inclusion = inclusionProof(index, leaves).map(encodeBase64);
    const proof = formatProof({ version: 1, record: found, index, inclusion, checkpoint });
    return { verification, proof };
  } finally {
    await source.close();
  }
}
