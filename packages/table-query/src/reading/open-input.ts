import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  openSync,
  readSync,
  statSync,
  writeSync,
} from "node:fs";
import { basename, extname, join } from "node:path";

import { CodedError } from "@clawkeep/diagnostics";

import { readDelimited } from "./read-delimited.ts";
import { readJson } from "./read-json.ts";
import type { TableData } from "./table-data.ts";

/** A file that can be asked: a table, or a private copy of a database. */
export type Input =
  | { readonly kind: "table"; readonly file: string; readonly data: TableData }
  | { readonly kind: "sqlite"; readonly file: string; readonly copy: string };

const sqliteHeader = "SQLite format 3\0";
const step = 1024 * 1024;

/**
 * Opens one file without following a link in its last part and without waiting for a pipe.
 *
 * @param scratch Private folder that copies of databases are put into
 * @throws CodedError TABLE_FILE, TABLE_FILE_TOO_LARGE, TABLE_FILE_CHANGED, TABLE_FORMAT, TABLE_UTF8,
 *   TABLE_CSV, TABLE_JSON, TABLE_HEADER, TABLE_SQLITE_UNFINISHED
 */
export function openInput(path: string, scratch: string, fileBytes: number): Input {
  const file = basename(path);
  const descriptor = openFile(path, file);
  try {
    const before = fstatSync(descriptor, { bigint: true });
    if (!before.isFile()) throw unusable(file, "expected a regular file");
    if (before.size > BigInt(fileBytes)) {
      throw new CodedError({
        code: "TABLE_FILE_TOO_LARGE",
        message: `${file}: expected at most ${String(fileBytes)} bytes, got ${String(before.size)}`,
        hint: "Ask a smaller file, or raise --max-file-bytes.",
      });
    }
    const bytes = readAll(descriptor, file, Number(before.size));
    const after = fstatSync(descriptor, { bigint: true });
    if (after.size !== before.size || after.mtimeNs !== before.mtimeNs) throw changed(file);
    return bytes.subarray(0, 16).toString("latin1") === sqliteHeader
      ? { kind: "sqlite", file, copy: copyDatabase(path, file, bytes, scratch) }
      : { kind: "table", file, data: readText(file, bytes) };
  } finally {
    closeSync(descriptor);
  }
}

function openFile(path: string, file: string): number {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw unusable(
      file,
      code === "ELOOP" ? "expected a file, got a link" : `cannot be opened (${code ?? "unknown"})`,
    );
  }
}

function readAll(descriptor: number, file: string, size: number): Buffer {
  const bytes = Buffer.alloc(size);
  for (let at = 0; at < size;) {
    const read = readSync(descriptor, bytes, at, Math.min(step, size - at), at);
    if (read === 0) throw changed(file);
    at += read;
  }
  return bytes;
}

/** The query works on a copy: whatever writes the file meanwhile cannot change what SQLite reads. */
function copyDatabase(path: string, file: string, bytes: Buffer, scratch: string): string {
  for (const rest of ["-wal", "-journal"]) {
    const beside = `${path}${rest}`;
    if (existsSync(beside) && statSync(beside).size > 0) {
      throw new CodedError({
        code: "TABLE_SQLITE_UNFINISHED",
        message: `${file}: changes are still in ${file}${rest}`,
        hint: "Close the program that writes the database, or ask a copy made by VACUUM INTO.",
      });
    }
  }
  for (let number = 1; ; number += 1) {
    const copy = join(scratch, `${String(number)}.sqlite`);
    if (existsSync(copy)) continue;
    const descriptor = openSync(copy, "wx", 0o600);
    try {
      for (let at = 0; at < bytes.length;) at += writeSync(descriptor, bytes, at);
    } finally {
      closeSync(descriptor);
    }
    return copy;
  }
}

function readText(file: string, bytes: Buffer): TableData {
  const extension = extname(file).toLowerCase();
  switch (extension) {
    case ".csv":
      return readDelimited(file, textOf(file, bytes), ",");
    case ".tsv":
    case ".tab":
      return readDelimited(file, textOf(file, bytes), "\t");
    case ".json":
      return readJson(file, textOf(file, bytes), false);
    case ".jsonl":
    case ".ndjson":
      return readJson(file, textOf(file, bytes), true);
    default:
      throw new CodedError({
        code: "TABLE_FORMAT",
        message: `${file}: expected a SQLite database or a name with .csv, .tsv, .json or .jsonl`,
        hint: "Rename the file by what it holds.",
      });
  }
}

function textOf(file: string, bytes: Buffer): string {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new CodedError({
      code: "TABLE_UTF8",
      message: `${file}: expected UTF-8, got other bytes`,
      hint: "Convert the file, for example by iconv -f latin1 -t utf-8.",
      cause,
    });
  }
  if (!text.includes("\0")) return text;
  throw new CodedError({
    code: "TABLE_UTF8",
    message: `${file}: expected text, got a NUL`,
    hint: "Convert the file to UTF-8 text.",
  });
}

function unusable(file: string, message: string): CodedError {
  return new CodedError({
    code: "TABLE_FILE",
    message: `${file}: ${message}`,
    hint: "Name a file that exists and can be read.",
  });
}

function changed(file: string): CodedError {
  return new CodedError({
    code: "TABLE_FILE_CHANGED",
    message: `${file}: was written while it was read`,
    hint: "Ask again when nothing writes it.",
  });
}
