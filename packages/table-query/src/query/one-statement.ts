import { CodedError } from "@clawkeep/diagnostics";

/** Bytes of the longest statement. */
export const longestSql: number = 100_000;

/** @throws CodedError TABLE_SQL_REFUSED when the text cannot be one statement */
export function refuseText(sql: string): void {
  const bytes = Buffer.byteLength(sql);
  if (bytes > longestSql) {
    throw refused(`expected at most ${String(longestSql)} bytes of SQL, got ${String(bytes)}`);
  }
  // SQLite ends a text at a NUL: what stands behind would be neither run nor refused.
  if (sql.includes("\0")) throw refused("expected SQL, got a NUL in it");
  if (!sql.isWellFormed()) throw refused("expected SQL in Unicode, got half a character");
}

/**
 * @param compiled The text that SQLite compiled: it leaves off everything behind the first statement.
 * @throws CodedError TABLE_SQL_REFUSED when more than blanks and comments is left
 */
export function refuseRest(sql: string, compiled: string): void {
  const rest = sql
    .slice(sql.indexOf(compiled) + compiled.length)
    .replace(/\/\*[\s\S]*?(?:\*\/|$)|--[^\n]*|[\s;\ufeff]+/gu, "");
  if (rest !== "") throw refused("expected one statement, got more behind the first one");
}

/** An error that says what a query may be. */
export function refused(message: string): CodedError {
  return new CodedError({
    code: "TABLE_SQL_REFUSED",
    message,
    hint: "Write one SELECT over the tables that --schema names.",
  });
}
