import { readAuditLog } from "@clawkeep/audit-log";

import { printData, printJson } from "../output/print.ts";
import { summarizeAudit } from "./audit-summary.ts";
import type { SummaryOptions } from "./audit-summary.ts";
import { summaryMarkdown, summaryText } from "./summary-text.ts";

/** In which form a summary is printed. */
export type SummaryForm = "text" | "json" | "markdown";

/**
 * Reads the log of a folder, verifies it on the way, and prints its summary.
 * @returns the exit code: 0, or 1 when the log does not verify
 */
export async function printAuditSummary(
  folder: string,
  form: SummaryForm,
  options: SummaryOptions,
): Promise<number> {
  const summary = summarizeAudit(await readAuditLog(folder), options);
  if (form === "json") printJson(summary);
  else printData(form === "markdown" ? summaryMarkdown(summary) : summaryText(summary));
  return summary.verification.state === "verified" ? 0 : 1;
}
