import { DatabaseSync } from "node:sqlite";
import type { SQLInputValue, StatementSync } from "node:sqlite";

import { CodedError } from "@clawkeep/diagnostics";

const functions = [
  "date",
  "time",
  "datetime",
  "julianday",
  "unixepoch",
  "strftime",
  "timediff",
] as const;

/**
 * Puts date functions that do not know what time it is in the place of SQLite's: the same question
 * about the same files has the same answer. They count by a second connection that holds nothing.
 *
 * @param refuse Called with the error before it is thrown into SQLite
 */
export function replaceClock(database: DatabaseSync, refuse: (error: CodedError) => void): void {
  const calculator = new DatabaseSync(":memory:");
  const statements = new Map<string, StatementSync>();
  for (const name of functions) {
    const options = { varargs: true, deterministic: true, useBigIntArguments: true };
    database.function(name, options, (...values: SQLInputValue[]) => {
      if (asksTheClock(name, values)) {
        const error = clockRefused(name);
        refuse(error);
        throw error;
      }
      const key = `${name}/${String(values.length)}`;
      let statement = statements.get(key);
      if (statement === undefined) {
        statement = calculator.prepare(
          `SELECT ${name}(${values.map(() => "?").join(",")}) AS value`,
        );
        statement.setReadBigInts(true);
        statements.set(key, statement);
      }
      return statement.get(...values)?.["value"] ?? null;
    });
  }
}

/** As SQLite's date.c: no time value, `now`, or a `subsec` that stands where the time value would. */
function asksTheClock(name: string, values: readonly SQLInputValue[]): boolean {
  const times = name === "strftime" ? values.slice(1) : values;
  const isText = (value: SQLInputValue | undefined, pattern: RegExp): boolean =>
    value instanceof Uint8Array
      ? pattern.test(Buffer.from(value).toString("latin1"))
      : typeof value === "string" && pattern.test(value);
  return (
    times.length === 0 ||
    times.some((value) => isText(value, /^\s*now\s*(?:\0|$)/iu)) ||
    isText(times[0], /^subsec(?:ond)?(?:\0|$)/iu)
  );
}

function clockRefused(name: string): CodedError {
  return new CodedError({
    code: "TABLE_SQL_REFUSED",
    message: `expected ${name}() of a date that is written out, got the present time`,
    hint: "Write the date into the query, such as '2026-01-31'.",
  });
}
