import { count, escapeForTerminal } from "@clawkeep/diagnostics";

import type { AuditSummary, OutcomeCounts } from "./audit-summary.ts";

/** A summary for a person. */
export function summaryText(summary: AuditSummary): string {
  const { verification, slowest, actions } = summary;
  const findings = counts(verification.findings);
  const lines = [
    `log      ${verified(summary)}, ${count(verification.records, "record")}, ${verification.root}`,
    ...(findings === "" ? [] : [`findings ${findings}`]),
    `runs     ${summary.executions}${span(summary)}`,
    `outcomes ${counts(summary.outcomes) || "none"}`,
    `sandbox  ${counts(summary.sandbox) || "none"}`,
    ...actions.map((one) => `  ${one.skill} ${one.action}: ${counts(one.outcomes)}`),
    ...slowest.map((one) => `slow     ${one.durationMs} ms  ${one.skill} ${one.action}  ${one.id}`),
  ];
  return lines.map((line) => escapeForTerminal(line)).join("\n");
}

/** A summary as Markdown. Names come from contracts and stand in tables, so they are escaped. */
export function summaryMarkdown(summary: AuditSummary): string {
  const { verification } = summary;
  const rows = (cells: readonly (readonly string[])[]): readonly string[] =>
    cells.map((row) => `| ${row.map(cell).join(" | ")} |`);
  return [
    "# What was run",
    "",
    `- log: **${verified(summary)}**, ${count(verification.records, "record")}, root \`${verification.root}\``,
    ...(counts(verification.findings) === ""
      ? []
      : [`- findings: ${cell(counts(verification.findings))}`]),
    `- runs: ${summary.executions}${span(summary)}`,
    `- outcomes: ${counts(summary.outcomes) || "none"}`,
    `- sandbox: ${counts(summary.sandbox) || "none"}`,
    "",
    "| skill | action | runs | outcomes |",
    "| --- | --- | --- | --- |",
    ...rows(
      summary.actions.map((one) => [
        one.skill,
        one.action,
        String(one.executions),
        counts(one.outcomes),
      ]),
    ),
    "",
    "| slowest | skill | action | outcome |",
    "| --- | --- | --- | --- |",
    ...rows(
      summary.slowest.map((one) => [`${one.durationMs} ms`, one.skill, one.action, one.outcome]),
    ),
  ].join("\n");
}

function verified({ verification }: AuditSummary): string {
  return verification.state === "verified" ? "verified" : "NOT verified";
}

function span({ first, last }: AuditSummary): string {
  return first === null || last === null ? "" : `, ${first} to ${last}`;
}

function counts(of: OutcomeCounts | Readonly<Partial<Record<string, number>>>): string {
  return Object.entries(of)
    .map(([name, number]) => `${number} ${name}`)
    .join(", ");
}

function cell(text: string): string {
  return escapeForTerminal(text).replaceAll(/[\\`*_[\]<>|#!]/gu, "\\$&");
}
