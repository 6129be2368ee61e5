import { CodedError } from "@clawkeep/diagnostics";
import {
  decodeBase64,
  emptyTree,
  encodeBase64,
  inclusionProof,
  leafHash,
  restoreTree,
} from "@clawkeep/integrity";
import type { CompactTree } from "@clawkeep/integrity";

import { recordLine } from "./head.ts";
import { logPaths } from "./log-paths.ts";
import { FolderSource } from "./log-source.ts";
import { formatProof } from "./proof-text.ts";
import type { AuditProof } from "./proof-text.ts";
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

/** Proofs of several records of one execution by the same checkpoint. */
export interface AuditProvings {
  readonly verification: AuditVerification;
  /** In the order that was asked for. Absent when the log does not verify. */
  readonly proofs?: readonly AuditProof[];
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
  const { verification, proofs } = await proveRecords(folder, execution, [type]);
  const [proof] = proofs ?? [];
  return { verification, ...(proof === undefined ? {} : { proof: formatProof(proof) }) };
}

/**
 * As {@link proveRecord}, for several records in one pass.
 *
 * @throws CodedError `AUDIT_EXECUTION_UNKNOWN`
 */
export async function proveRecords(
  folder: string,
  execution: string,
  types: readonly ProvenRecord[],
): Promise<AuditProvings> {
  const leaves: Uint8Array[] = [];
  let before: CompactTree = emptyTree;
  const found = new Map<string, AuditRecord>();
  const source = new FolderSource(logPaths(folder));
  try {
    const verification = await verifySource(
      source,
      {},
      {
        onRecord: (record) => {
          if (leaves.length === 0 && record.type === "segment-started") {
            const tops = record.tree.map((top) => decodeBase64(top) ?? new Uint8Array(0));
            before = restoreTree(record.sequence, tops);
          }
          leaves.push(leafHash(recordLine(record).subarray(0, -1)));
          if ("execution" in record && record.execution === execution) {
            found.set(record.type, record);
          }
        },
      },
    );
    const { ok, checkpoint } = verification;
    if (!ok || checkpoint === undefined) {
      return { verification };
    }
    const proofs = types.map((type): AuditProof => {
      const record = found.get(type);
      if (record === undefined) {
        throw new CodedError({
          code: "AUDIT_EXECUTION_UNKNOWN",
          message: `expected the ${type} of ${JSON.stringify(execution)} in the log, got none among ${leaves.length} records`,
          hint: "`audit show` lists the executions, and which of them have ended.",
        });
      }
      const index = record.sequence;
      const inclusion = inclusionProof(index, leaves, before).map(encodeBase64);
      return { version: 1, record, index, inclusion, checkpoint };
    });
    return { verification, proofs };
  } finally {
    await source.close();
  }
}
