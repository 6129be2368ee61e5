import path from "node:path";

import { CodedError } from "@clawkeep/diagnostics";

import { readPublished } from "./read-published.ts";

/**
 * Name of the file that says when each document's file was last changed, for filters. It is no part of
 * the content and not covered by the root: the same files give the same root wherever they were copied.
 */
export const timesFile = "times.json";

/** When a file was changed: by its path, with the digest of the content that had this time. */
export type FileTimes = ReadonlyMap<string, { readonly digest: string; readonly mtimeMs: number }>;

/** A file takes about a hundred bytes. */
const largestTimes = 512 * 1024 * 1024;

/** The text of {@link timesFile}. */
export function formatTimes(times: FileTimes): string {
  const entries = [...times].map(([file, { digest, mtimeMs }]) => [file, digest, mtimeMs] as const);
  return `${JSON.stringify({ format: 1, times: entries })}\n`;
}

/**
 * The times of an index folder; empty when there are none, as in an index of an earlier version.
 *
 * @throws CodedError `INDEX_TIMES` when the file says something else.
 */
export function readTimes(folder: string): FileTimes {
  const file = path.join(folder, timesFile);
  let text: string | undefined;
  try {
    text = readPublished(file, largestTimes);
  } catch (error) {
    throw unreadable(file, error);
  }
  if (text === undefined) {
    return new Map();
  }
  try {
    const value: unknown = JSON.parse(text);
    const fields = new Map<string, unknown>(Object.entries(value ?? {}));
    const list = fields.get("times");
    if (fields.get("format") !== 1 || !Array.isArray(list)) {
      throw new TypeError("another format");
    }
    return new Map(list.map(entryOf));
  } catch (cause) {
    throw unreadable(file, cause);
  }
}

function entryOf(
  value: unknown,
): readonly [string, { readonly digest: string; readonly mtimeMs: number }] {
  const [file, digest, mtimeMs]: readonly unknown[] = Array.isArray(value) ? value : [];
  if (typeof file !== "string" || typeof digest !== "string" || typeof mtimeMs !== "number") {
    throw new TypeError("an entry of another shape");
  }
  return [file, { digest, mtimeMs }];
}

function unreadable(file: string, cause: unknown): CodedError {
  return new CodedError({
    code: "INDEX_TIMES",
    message: `expected the times of the indexed files in ${file}`,
    hint: "index the folder again, or ask without mtime",
    cause,
  });
}
