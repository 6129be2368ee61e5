import { readFile } from "node:fs/promises";

import { CodedError, count } from "@clawkeep/diagnostics";
import { verifyAuditLog } from "@clawkeep/audit-log";
import { stateHome } from "@clawkeep/durable-files";
import { auditFolder } from "@clawkeep/skill-runtime";

import { findingsText, printData, printJson } from "../output/print.ts";

/** Options of `audit verify` as they were written. */
export interface AuditVerifyOptions {
  readonly checkpoint?: string;
  readonly anchor?: string;
  readonly witness?: string;
  readonly json?: boolean;
}

/** Verifies the whole log and says what was and what was not shown. */
export async function verifyAudit(options: AuditVerifyOptions): Promise<number> {
  const anchor = options.anchor ?? options.checkpoint;
  const checkpoint = anchor === undefined ? undefined : await readCheckpoint(anchor);
  const witness = options.witness === undefined ? undefined : await readWitness(options.witness);
  const folder = auditFolder(stateHome(process.env));
  const verification = await verifyAuditLog(folder, {
    ...(checkpoint === undefined ? {} : { checkpoint }),
    ...(witness === undefined ? {} : { witness }),
  });
  if (options.json === true) {
    printJson({
      version: 1,
      ...verification,
      anchored: checkpoint !== undefined || witness !== undefined,
    });
    return verification.ok ? 0 : 1;
  }
  if (verification.findings.length > 0) printData(findingsText(verification.findings));
  const state = verification.ok ? "verified" : "NOT verified";
  const { removed } = verification;
  const gone = removed === 0 ? "" : `, the first ${removed} of them removed`;
  printData(`${state}: ${count(verification.size, "record")}${gone}, root ${verification.root}`);
  if (verification.ok && checkpoint !== undefined) {
    printData("The log continues the checkpoint that was given.");
  }
  if (verification.ok && witness !== undefined) {
    printData("The log continues every checkpoint of the witness.");
  }
  return verification.ok ? 0 : 1;
}

async function readCheckpoint(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (cause) {
    throw new CodedError({
      code: "CHECKPOINT_UNREADABLE",
      message: `expected a checkpoint in ${file}`,
      hint: "It is the text that `audit checkpoint` prints.",
      cause,
    });
  }
}

async function readWitness(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (cause) {
    throw new CodedError({
      code: "WITNESS_UNREADABLE",
      message: `expected a witness in ${file}`,
      hint: "It is the file to which `audit checkpoint --witness` appends.",
      cause,
    });
  }
}
