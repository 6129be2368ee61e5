import { CodedError, count } from "@clawkeep/diagnostics";
import { pruneAuditLog } from "@clawkeep/audit-log";
import { stateHome } from "@clawkeep/durable-files";
import { auditFolder } from "@clawkeep/skill-runtime";

import { findingsText, printNote } from "../output/print.ts";

/** Options of `audit prune` as they were written. */
export interface AuditPruneOptions {
  readonly keep?: string;
}

/**
 * Removes the oldest files of the log, on the record, and prints the signed checkpoint after it.
 *
 * @returns 0, or 1 when the log does not verify: then nothing is removed
 */
export async function pruneAudit(options: AuditPruneOptions): Promise<number> {
  const keep = options.keep ?? "";
  if (!/^[1-9][0-9]{0,6}$/u.test(keep)) {
    throw new CodedError({
      code: "USAGE",
      message: `expected --keep with how many files of the log to keep, from 1, got ${JSON.stringify(keep)}`,
      hint: "--keep 4; copy the others elsewhere before, if they may be asked for.",
    });
  }
  const folder = auditFolder(stateHome(process.env));
  const { verification, removed, first, checkpoint } = await pruneAuditLog(folder, Number(keep));
  if (checkpoint === undefined) {
    printNote(
      `${findingsText(verification.findings)}The log does not verify: nothing was removed.`,
    );
    return 1;
  }
  printNote(
    removed.length === 0
      ? "nothing to remove"
      : `removed ${count(removed.length, "file")} (${removed.join(", ")}): the log begins with record ${first} now`,
  );
  process.stdout.write(checkpoint);
  return 0;
}
