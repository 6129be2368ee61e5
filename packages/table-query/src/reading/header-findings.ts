import type { Finding } from "@clawkeep/diagnostics";
import { CodedError } from "@clawkeep/diagnostics";

/** Most columns of a table: SQLite's own limit. */
export const mostColumns: number = 2000;

/** Everything that keeps names from being the columns of a table. SQLite ignores the case of ASCII letters. */
export function headerFindings(file: string, names: readonly string[]): readonly Finding[] {
  const findings: Finding[] = [];
  const add = (message: string, hint: string): void => {
    findings.push({ code: "TABLE_HEADER", severity: "error", message, hint, file });
  };
  if (names.length > mostColumns) {
    add(
      `expected at most ${String(mostColumns)} columns, got ${String(names.length)}`,
      "Split the file.",
    );
  }
  const seen = new Map<string, number>();
  for (const [index, name] of names.entries()) {
    const place = `column ${String(index + 1)}`;
    const key = name.replace(/[A-Z]/gu, (letter) => letter.toLowerCase());
    const before = seen.get(key);
    if (name.trim() === "") add(`${place} has no name`, "Name each column in the first line.");
    else if (before !== undefined) {
      add(
        `${place} has the name of column ${String(before)}: ${JSON.stringify(name)}`,
        "Give each column another name; upper and lower case are the same.",
      );
    }
    // eslint-disable-next-line no-control-regex -- refusing control characters is the purpose
    if (/[\u0000-\u001f\u007f]/u.test(name) || !name.isWellFormed()) {
      add(`${place} has a control character in its name`, "Name the column by visible characters.");
    }
    if (!seen.has(key)) seen.set(key, index + 1);
  }
  return findings;
}

/** @throws CodedError TABLE_HEADER with the first ten findings, when there are any */
export function refuseHeader(file: string, names: readonly string[]): void {
  const findings = headerFindings(file, names);
  const [first] = findings;
  if (first === undefined) return;
  const said = findings.slice(0, 10).map(({ message }) => message);
  if (findings.length > 10) said.push(`and ${String(findings.length - 10)} more`);
  throw new CodedError({
    code: "TABLE_HEADER",
    message: `${file}: ${said.join("; ")}`,
    ...(first.hint === undefined ? {} : { hint: first.hint }),
  });
}
