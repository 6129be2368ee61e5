import { openAuditLog, verifyAuditLog } from "@clawkeep/audit-log";
import { stateHome } from "@clawkeep/durable-files";
import { auditFolder } from "@clawkeep/skill-runtime";

import { findingsText, printNote } from "../output/print.ts";

/**
 * Gives the log a new key, for which the key before signs, and prints the signed checkpoint after it.
 *
 * @returns 0, or 1 when the log does not verify: then its key stays
 */
export async function rotateAuditKey(): Promise<number> {
  const folder = auditFolder(stateHome(process.env));
  const verification = await verifyAuditLog(folder);
  if (!verification.ok) {
    printNote(`${findingsText(verification.findings)}The log does not verify: its key stays.`);
    return 1;
  }
  const log = await openAuditLog({ folder, create: false });
  try {
    const before = log.identity.key;
    const { key } = await log.rotateKey();
    printNote(`key ${before} has signed for key ${key}, which signs from now on`);
    process.stdout.write(await log.checkpoint());
    return 0;
  } finally {
    await log.close();
  }
}
