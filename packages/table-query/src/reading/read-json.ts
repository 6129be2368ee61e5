import { CodedError } from "@clawkeep/diagnostics";

import { refuseHeader } from "./header-findings.ts";
import type { TableData, Value } from "./table-data.ts";

const largestInteger = 2n ** 63n - 1n;

/**
 * Reads an array of objects; with `lines` one object a line. The columns are the keys in the order in
 * which they are first met; a key that an object has not is NULL; what is nested is JSON text.
 *
 * @throws CodedError TABLE_JSON, TABLE_HEADER
 */
export function readJson(file: string, text: string, lines: boolean): TableData {
  const objects = lines ? linesOf(file, text) : arrayOf(file, text);
  const columns = new Map<string, number>();
  for (const object of objects) {
    for (const name of Object.keys(object)) {
      if (!columns.has(name)) columns.set(name, columns.size);
    }
  }
  const names = [...columns.keys()];
  if (names.length === 0) {
    throw wrong(file, "expected objects with at least one key, got none");
  }
  refuseHeader(file, names);
  return {
    columns: names.map((name) => ({ name, type: "ANY" })),
    rows: objects.map((object) => {
      const row: Value[] = Array.from(names, () => null);
      for (const [name, value] of Object.entries(object))
        row[columns.get(name) ?? 0] = valueOf(value);
      return row;
    }),
  };
}

function arrayOf(file: string, text: string): readonly object[] {
  const value = parseText(file, text);
  if (!Array.isArray(value)) throw wrong(file, "expected an array of objects");
  return value.map((item: unknown, index) => objectOf(file, item, `item ${String(index + 1)}`));
}

function linesOf(file: string, text: string): readonly object[] {
  return text.split("\n").flatMap((line, index) => {
    if (line.trim() === "") return [];
    const place = `line ${String(index + 1)}`;
    return [objectOf(file, parseText(`${file}, ${place}`, line), place)];
  });
}

function objectOf(file: string, value: unknown, place: string): object {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  throw wrong(file, `expected an object as ${place}`);
}

function parseText(place: string, text: string): unknown {
  try {
    // Only a reviver sees how a number was written, and it is slow.
    return /\d{16}/u.test(text) ? JSON.parse(text, exactInteger) : JSON.parse(text);
  } catch (error) {
    throw wrong(place, error instanceof Error ? error.message : "not JSON");
  }
}

/** Keeps what a double would change: as an integer where SQLite has one, else as it is written. */
function exactInteger(
  _key: string,
  value: unknown,
  context?: { readonly source?: string },
): unknown {
  if (typeof value !== "number" || Number.isSafeInteger(value)) return value;
  const source = context?.source ?? "";
  if (!/^-?\d+$/u.test(source)) return value;
  const integer = BigInt(source);
  return integer > largestInteger || integer < -largestInteger - 1n ? source : integer;
}

function valueOf(value: unknown): Value {
  switch (typeof value) {
    case "bigint":
      return value;
    case "number":
      if (!Number.isFinite(value)) return null;
      return Number.isSafeInteger(value) ? BigInt(value) : value;
    case "boolean":
      return value ? 1n : 0n;
    case "string":
      return value.toWellFormed();
    default:
      return value === null || value === undefined ? null : nestedText(value);
  }
}

function nestedText(value: object): string {
  return JSON.stringify(value, (_key, item: unknown) =>
    // JSON.rawJSON keeps the digits; a text would be another value.
    typeof item === "bigint" ? (JSON as unknown as RawJson).rawJSON(String(item)) : item,
  );
}

interface RawJson {
  rawJSON(text: string): unknown;
}

function wrong(place: string, message: string): CodedError {
  return new CodedError({
    code: "TABLE_JSON",
    message: `${place}: ${message}`,
    hint: 'Write [{"column": value, …}, …], or as .jsonl one such object a line.',
  });
}
