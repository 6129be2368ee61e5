import { CodedError } from "@clawkeep/diagnostics";
import { largestTopK } from "@clawkeep/retrieval";

import type { QueryWishes } from "./query-wishes.ts";
import { joinWishes, wishesOfFields, wishNames } from "./query-wishes.ts";
import { refuseUnpassable } from "./query-text.ts";

/** One question, checked. */
export interface QueryRequest {
  readonly query: string;
  readonly topK: number;
  readonly wishes: QueryWishes;
}

/** Passages when nobody says how many. */
export const defaultTopK = 5;

/** Bytes of the longest request by standard input. */
export const longestRequestBytes = 1_048_576;

/**
 * Reads `{"query", "topk", …}` out of bytes. No schema library: this stands in the path of every query.
 *
 * @throws CodedError `QUERY_ENCODING`, `QUERY_REQUEST`, `QUERY_TEXT`.
 */
export function parseRequest(bytes: Uint8Array, fixed: QueryWishes = {}): QueryRequest {
  return readRequest(parseJson(bytes), fixed);
}

/**
 * {@link parseRequest} of a value that is already parsed.
 *
 * @param fixed What the command line says already: the request may not say it again.
 */
export function readRequest(value: unknown, fixed: QueryWishes = {}): QueryRequest {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw refused("a JSON object with query and topk");
  }
  const fields = new Map<string, unknown>(Object.entries(value));
  const query = fields.get("query");
  const topK = fields.get("topk") ?? defaultTopK;
  const known = ["query", "topk", ...wishNames];
  const unknown = [...fields.keys()].find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw refused(`no member but ${known.join(", ")}, got ${JSON.stringify(unknown.slice(0, 60))}`);
  }
  if (typeof query !== "string") {
    throw refused("a text as query");
  }
  if (typeof topK !== "number" || !Number.isInteger(topK) || topK < 1 || topK > largestTopK) {
    throw refused(`a whole number from 1 to ${largestTopK} as topk`);
  }
  refuseUnpassable(query);
  const wishes = joinWishes(fixed, wishesOfFields(fields, refused), refused);
  return { query, topK, wishes };
}

/** JSON out of bytes that must be UTF-8. */
export function parseJson(bytes: Uint8Array): unknown {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new CodedError({
      code: "QUERY_ENCODING",
      message: "expected JSON in UTF-8 on standard input, got other bytes",
      cause,
    });
  }
  try {
    const value: unknown = JSON.parse(text);
    return value;
  } catch (cause) {
    throw refused("one JSON object", cause);
  }
}

function refused(expected: string, cause?: unknown): CodedError {
  return new CodedError({
    code: "QUERY_REQUEST",
    message: `expected ${expected} on standard input`,
    hint: 'such as {"query": "How do I rotate the keys?", "topk": 5}',
    ...(cause === undefined ? {} : { cause }),
  });
}
