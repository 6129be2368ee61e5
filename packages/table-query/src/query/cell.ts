import type { SQLOutputValue } from "node:sqlite";

import type { Cell } from "../answer.ts";

/** A value of SQLite as a value of JSON; what is longer than `limit` is cut, and says so. */
export function cellOf(value: SQLOutputValue | undefined, limit: number): Cell {
  if (value === null || value === undefined) return null;
  if (typeof value === "bigint") {
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : String(value);
  }
  if (typeof value === "number") return Number.isFinite(value) ? value : String(value);
  if (typeof value === "string") {
    return value.length <= limit
      ? value.toWellFormed()
      : { cut: value.slice(0, limit).toWellFormed(), length: value.length };
  }
  const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  return bytes.length <= limit
    ? { base64: bytes.toString("base64") }
    : { cut: bytes.subarray(0, limit).toString("base64"), length: bytes.length };
}

/** Whether a cell holds less than the value that it is of. */
export function isCut(cell: Cell): boolean {
  return typeof cell === "object" && cell !== null && "cut" in cell;
}
