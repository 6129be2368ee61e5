import { formatFinding, printableJson } from "@clawkeep/diagnostics";
import type { Finding } from "@clawkeep/diagnostics";

/** Data, on standard output. The text must be safe to print. */
export function printData(text: string): void {
  process.stdout.write(text.endsWith("\n") ? text : `${text}\n`);
}

/** One JSON value, on standard output. */
export function printJson(value: unknown): void {
  printData(printableJson(value));
}

/** Everything else, on standard error. The text must be safe to print. */
export function printNote(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** Findings, each on a line or two. */
export function findingsText(findings: readonly Finding[]): string {
  return findings.map((finding) => `${formatFinding(finding)}\n`).join("");
}
