import { CodedError } from "@clawkeep/diagnostics";

import { openAuditLog } from "./open-audit-log.ts";
import { listSegments, segmentName } from "./segments.ts";
import { verifyAuditLog } from "./verify-audit-log.ts";
import type { AuditVerification } from "./verify-audit-log.ts";

/** What was removed from a log. */
export interface AuditPruning {
  /** Of the log as it was before. Nothing was removed when it is not `ok`. */
  readonly verification: AuditVerification;
  /** The names of the files that were removed. */
  readonly removed: readonly string[];
  /** The sequence of the first record that is left. */
  readonly first: number;
  /** The log's signed checkpoint after it: keep it elsewhere. Absent when it did not verify. */
  readonly checkpoint?: string;
}

/**
 * Removes the oldest segments of a log that verifies, on the record, so that at most `keep` are left.
 *
 * @throws CodedError `AUDIT_KEEP_INVALID`, and of `openAuditLog`
 */
export async function pruneAuditLog(folder: string, keep: number): Promise<AuditPruning> {
  if (!Number.isSafeInteger(keep) || keep < 1) {
    throw new CodedError({
      code: "AUDIT_KEEP_INVALID",
      message: `expected to keep one segment or more, got ${keep}`,
    });
  }
  const verification = await verifyAuditLog(folder);
  const segments = await listSegments(folder);
  const first = segments.at(-keep) ?? segments[0] ?? 0;
  if (!verification.ok) {
    return { verification, removed: [], first: segments[0] ?? 0 };
  }
  const log = await openAuditLog({ folder, create: false });
  try {
    const done = await log.removeSegments(first);
    const checkpoint = await log.checkpoint();
    return { verification, removed: done.removed.map(segmentName), first: done.first, checkpoint };
  } finally {
    await log.close();
  }
}
