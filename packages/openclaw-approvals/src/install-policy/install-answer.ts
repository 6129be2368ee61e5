import path from "node:path";

import type { Finding } from "@clawkeep/diagnostics";

/** What OpenClaw's install policy answers, protocol version 1. */
export interface InstallAnswer {
  readonly protocolVersion: 1;
  readonly decision: "allow" | "block";
  readonly reason?: string;
  readonly findings?: readonly PolicyFinding[];
}

interface PolicyFinding {
  readonly ruleId: string;
  readonly severity: "info" | "warn" | "critical";
  readonly message: string;
  readonly file?: string;
  readonly line?: number;
}

/** OpenClaw keeps 100 findings, and 1,000 characters of each text. */
const maxFindings = 100;
const maxText = 1000;

/**
 * Blocks a folder with errors, and allows any other; every finding goes with it, errors first, so that
 * those come through when OpenClaw cuts the list.
 *
 * @param folder The judged folder: files are named relative to it
 */
export function installAnswer(folder: string, findings: readonly Finding[]): InstallAnswer {
  const errors = findings.filter(({ severity }) => severity === "error");
  const rest = findings.filter(({ severity }) => severity !== "error");
  const told = [...errors, ...rest].slice(0, maxFindings).map((one) => policyFinding(folder, one));
  const listed = told.length === 0 ? {} : { findings: told };
  const [first] = told;
  if (errors.length === 0 || first === undefined) {
    return { protocolVersion: 1, decision: "allow", ...listed };
  }
  const more = errors.length === 1 ? "" : `, and ${errors.length - 1} more`;
  const reason = cut(`${place(first)}${first.ruleId}: ${first.message}${more}`);
  return { protocolVersion: 1, decision: "block", reason, ...listed };
}

/** Blocks without a folder that was judged: OpenClaw takes silence for a failure too, but gives no reason. */
export function installRefusal(reason: string): InstallAnswer {
  return { protocolVersion: 1, decision: "block", reason: cut(reason) };
}

function policyFinding(folder: string, finding: Finding): PolicyFinding {
  const { code, severity, message, hint, file, line } = finding;
  const levels = { error: "critical", warning: "warn", note: "info" } as const;
  return {
    ruleId: code,
    severity: levels[severity],
    message: cut(hint === undefined ? message : `${message}. ${hint}`),
    ...(file === undefined ? {} : { file: cut(path.relative(folder, file) || ".") }),
    ...(line === undefined ? {} : { line }),
  };
}

function place({ file, line }: PolicyFinding): string {
  if (file === undefined) return "";
  return line === undefined ? `${file} ` : `${file}:${line} `;
}

function cut(text: string): string {
  return text.length > maxText ? `${text.slice(0, maxText - 1).toWellFormed()}…` : text;
}
