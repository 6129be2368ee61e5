import { CodedError } from "@clawkeep/diagnostics";

import type { FilterExpression } from "./filter/parse-filter.ts";
import { parseFilter } from "./filter/parse-filter.ts";
import type { Reranker } from "./rerank.ts";

/** What a query may ask for. */
export interface QueryOptions {
  /** Passages wanted, 1 to 200. Default 5. */
  readonly topK?: number;
  /** Add the raw figures behind each score. Default false. */
  readonly explain?: boolean;
  /**
   * `operators` reads the query by the language of `docs/query-language.md`; `words` takes every
   * character of it as text. Default `words`.
   */
  readonly syntax?: "operators" | "words";
  /** A condition on documents, such as `tag=ops AND mtime>2026-01-01`. */
  readonly filter?: string;
  /** Folders or files inside the workspace; a passage must be in one of them. Default: all. */
  readonly scopes?: readonly string[];
  /** Names of the collections to look in; default: all that are open. */
  readonly collections?: readonly string[];
  /**
   * Passages to pass over, for pages: the answer says whether there are more behind its own. Not with
   * a diversity, a budget or a reranker, whose choice is one of all passages together.
   */
  readonly offset?: number;
  /** Passages before and after each hit to give with it, 0 to 10. Default 0. */
  readonly context?: number;
  /** 0 to 1: how much a passage should differ from those before it. Default 0. */
  readonly diversity?: number;
  /** Most text of all passages together. */
  readonly budget?: { readonly unit: "bytes" | "tokens"; readonly limit: number };
  /** Counts tokens for a budget in tokens; required with one. */
  readonly countTokens?: () => Promise<(text: string) => number>;
  /** Orders the best candidates anew. */
  readonly rerank?: Reranker;
}

/** Passages that one query can give. */
export const largestTopK = 200;
/** Neighbours on each side that one hit can have. */
export const largestContext = 10;
/** Bytes of the longest query that is answered. */
export const longestQueryBytes = 65_536;
/** Most bytes or tokens that a budget can name. */
export const largestBudget = 100_000_000;

/** {@link QueryOptions} with every default filled in. */
export interface CheckedOptions {
  readonly topK: number;
  readonly offset: number;
  readonly context: number;
  readonly diversity: number;
  readonly filter: FilterExpression | undefined;
  readonly scopes: readonly string[];
}

/**
 * Checks what was asked for, so that nothing is half done when something is wrong with it.
 *
 * @throws CodedError `QUERY_TOP_K`, `QUERY_TOO_LONG`, `QUERY_OPTION`, `FILTER_SYNTAX`.
 */
export function checkQuery(query: string, options: QueryOptions): CheckedOptions {
  const { topK = 5, offset = 0, context = 0, diversity = 0, budget, scopes = [] } = options;
  if (!isWhole(topK, 1, largestTopK)) {
    throw new CodedError({
      code: "QUERY_TOP_K",
      message: `expected a whole number from 1 to ${largestTopK} of passages, got ${String(topK)}`,
      hint: "leave it out for 5",
    });
  }
  const bytes = Buffer.byteLength(query);
  if (bytes > longestQueryBytes) {
    throw new CodedError({
      code: "QUERY_TOO_LONG",
      message: `expected a query of at most ${longestQueryBytes} bytes, got ${bytes}`,
      hint: "ask a question; the model reads its first 250 words",
    });
  }
  if (!isWhole(context, 0, largestContext)) {
    throw refused(`0 to ${largestContext} neighbours`, context);
  }
  if (!(diversity >= 0 && diversity <= 1)) {
    throw refused("a diversity from 0 to 1", diversity);
  }
  if (budget !== undefined && !isWhole(budget.limit, 1, largestBudget)) {
    throw refused(`a budget from 1 to ${largestBudget} ${budget.unit}`, budget.limit);
  }
  if (!isWhole(offset, 0, largestTopK)) {
    throw refused(`0 to ${largestTopK} passages to pass over`, offset);
  }
  if (offset > 0 && (diversity > 0 || budget !== undefined || options.rerank !== undefined)) {
    throw refused("no pages with a diversity, a budget or a reranker", offset);
  }
  const filter = options.filter === undefined ? undefined : parseFilter(options.filter);
  return { topK, offset, context, diversity, filter, scopes };
}

function isWhole(value: number, from: number, to: number): boolean {
  return Number.isInteger(value) && value >= from && value <= to;
}

function refused(expected: string, got: number): CodedError {
  return new CodedError({
    code: "QUERY_OPTION",
    message: `expected ${expected}, got ${String(got)}`,
    hint: "leave it out for the default",
  });
}
