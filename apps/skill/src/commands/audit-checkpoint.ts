import { verifyAuditLog } from "@clawkeep/audit-log";
import { stateHome } from "@clawkeep/durable-files";
import { auditFolder } from "@clawkeep/skill-runtime";

import { findingsText, printNote } from "../output/print.ts";

/**
 * Prints the signed checkpoint of a log that verifies, to be kept where the writer of the log cannot
 * write. A log that does not verify has no checkpoint worth keeping.
 */
export async function printCheckpoint(): Promise<number> {
  const verification = await verifyAuditLog(auditFolder(stateHome(process.env)));
  if (!verification.ok || verification.checkpoint === undefined) {
    printNote(findingsText(verification.findings));
    return 1;
  }
  process.stdout.write(verification.checkpoint);
  return 0;
}
