import { CodedError } from "@clawkeep/diagnostics";
import { stateHome } from "@clawkeep/durable-files";
import { auditFolder } from "@clawkeep/skill-runtime";

import { printAuditSummary } from "../audit/print-summary.ts";

/** Options of `audit report` as they were written. */
export interface AuditReportOptions {
  readonly json?: boolean;
  readonly markdown?: boolean;
}

/** Prints counts over the log: nothing that was asked or answered. */
export async function reportAudit(options: AuditReportOptions): Promise<number> {
  if (options.json === true && options.markdown === true) {
    throw new CodedError({ code: "USAGE", message: "expected either --json or --markdown" });
  }
  const form = options.json === true ? "json" : options.markdown === true ? "markdown" : "text";
  return printAuditSummary(auditFolder(stateHome(process.env)), form, { seesProcesses: true });
}
