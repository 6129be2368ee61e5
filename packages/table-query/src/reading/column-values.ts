import type { ColumnType, Value } from "./table-data.ts";

const integer = /^(?:0|-?[1-9]\d{0,17})$/u;
const decimal = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/u;

/**
 * The type of a column of texts: INTEGER when each text that is not empty is a whole number of at
 * most 18 digits without leading zeros, REAL when each is a decimal number that is finite and, if it is
 * whole, exact; else TEXT. A column of empty texts is TEXT.
 */
export function columnType(texts: readonly string[]): ColumnType {
  let type: ColumnType | undefined;
  for (const text of texts) {
    if (text === "") continue;
    if (integer.test(text)) {
      type ??= "INTEGER";
    } else if (isExactEnough(text)) {
      type = "REAL";
    } else return "TEXT";
  }
  // A whole number that only an integer holds would change in a column of decimals.
  if (type === "REAL" && texts.some((text) => integer.test(text) && !isExactEnough(text))) {
    return "TEXT";
  }
  return type ?? "TEXT";
}

function isExactEnough(text: string): boolean {
  if (!decimal.test(text)) return false;
  const value = Number(text);
  return Number.isFinite(value) && (!/^-?\d+$/u.test(text) || Number.isSafeInteger(value));
}

/** A text as a value of its column. Nothing is NULL in a column of numbers, and an empty text elsewhere. */
export function columnValue(text: string, type: ColumnType): Value {
  if (type === "TEXT" || type === "ANY") return text;
  if (text === "") return null;
  return type === "INTEGER" ? BigInt(text) : Number(text);
}
