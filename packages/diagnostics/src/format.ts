import { isCodedError } from "./coded-error.ts";
import { escapeForTerminal } from "./escape-for-terminal.ts";
import type { Finding } from "./finding.ts";

/** One line, `file:line:column: severity CODE: message`, and a second, indented, with the hint. */
export function formatFinding(finding: Finding): string {
  const place = [finding.file, finding.line, finding.column].filter((part) => part !== undefined);
  const where = place.length === 0 ? "" : `${place.join(":")}: `;
  const line = `${where}${finding.severity} ${finding.code}: ${finding.message}`;
  const hint = finding.hint === undefined ? "" : `\n  ${escapeForTerminal(finding.hint)}`;
  return `${escapeForTerminal(line)}${hint}`;
}

/** `CODE: message`, the hint on a line of its own, then the causes. Never a stack trace. */
export function formatError(error: unknown): string {
  const lines = [describe(error)];
  if (isCodedError(error) && error.hint !== undefined) {
    lines.push(`  ${escapeForTerminal(error.hint)}`);
  }
  let cause = error instanceof Error ? error.cause : undefined;
  for (let depth = 0; cause !== undefined && depth < 5; depth += 1) {
    lines.push(`  because: ${describe(cause)}`);
    cause = cause instanceof Error ? cause.cause : undefined;
  }
  return lines.join("\n");
}

function describe(error: unknown): string {
  if (isCodedError(error)) {
    return escapeForTerminal(`${error.code}: ${error.message}`);
  }
  return escapeForTerminal(error instanceof Error ? error.message : String(error));
}
