import { wordsOf } from "@clawkeep/keyword-index";

/** A part of a document that a condition of a query can name. */
export type QueryField = "title" | "path" | "tag";

/** What a passage must have, or must not have with `negated`. */
export type QueryCondition =
  /** These words next to each other, in this order, whatever the case and what stands between them. */
  | { readonly kind: "phrase"; readonly value: string; readonly negated: boolean }
  /** This spelling, letter by letter, not as a part of a longer name. */
  | { readonly kind: "exact"; readonly value: string; readonly negated: boolean }
  /** A word, in any of its forms. Only negated: a word that is wanted is not a condition. */
  | { readonly kind: "word"; readonly value: string; readonly negated: true }
  | {
      readonly kind: "field";
      readonly field: QueryField;
      readonly value: string;
      readonly negated: boolean;
    };

/** A query, taken apart. */
export interface ParsedQuery {
  /** What is searched for: the words, and what phrases, exact names and titles say, in order. */
  readonly text: string;
  readonly conditions: readonly QueryCondition[];
}

const fields: ReadonlySet<string> = new Set<QueryField>(["title", "path", "tag"]);

/** Shorter ones behind a dash are options of programs (`tar -x`, `rm -rf`), not words to leave out. */
const shortestNegated = 3;

/** What may stand behind a closing quote. */
const afterQuote = /[\s.,;:!?)\]}]/u;

/**
 * Takes a query apart by the grammar of `docs/query-language.md`: `"a phrase"`, `` `exactName` ``,
 * `-word`, `title:`, `path:`, `tag:`, each with `-` in front for its opposite. Every text is a query:
 * what is no operator is words, so a question in plain language means what it says.
 */
export function parseQuery(query: string): ParsedQuery {
  const texts: string[] = [];
  const conditions: QueryCondition[] = [];
  for (const token of tokensOf(query)) {
    const condition = conditionOf(token);
    if (condition === undefined) {
      texts.push(token);
      continue;
    }
    conditions.push(condition);
    if (!condition.negated && (condition.kind !== "field" || condition.field === "title")) {
      texts.push(condition.value);
    }
  }
  return { text: conditions.length === 0 ? query : texts.join(" "), conditions };
}

/** A query that uses no operator, whatever stands in it. */
export function plainQuery(query: string): ParsedQuery {
  return { text: query, conditions: [] };
}

/** Runs without white space, but for what a quotation holds together. */
function tokensOf(query: string): readonly string[] {
  const tokens: string[] = [];
  let at = 0;
  while (at < query.length) {
    if (/\s/u.test(query[at] ?? "")) {
      at += 1;
      continue;
    }
    const end = endOfQuoted(query, at) ?? endOfWord(query, at);
    tokens.push(query.slice(at, end));
    at = end;
  }
  return tokens;
}

function endOfWord(query: string, start: number): number {
  const length = query.slice(start).search(/\s/u);
  return length < 0 ? query.length : start + length;
}

/** The end of `"…"`, `` `…` ``, `field:"…"` at `start`, each perhaps behind a dash. */
function endOfQuoted(query: string, start: number): number | undefined {
  const open = /^-?(?:[a-z]+:)?(["`])/u.exec(query.slice(start, start + 16));
  if (open === null) {
    return undefined;
  }
  const [before, quote = ""] = open;
  const close = query.indexOf(quote, start + before.length);
  const next = query[close + 1];
  return close < 0 || (next !== undefined && !afterQuote.test(next)) ? undefined : close + 1;
}

function conditionOf(token: string): QueryCondition | undefined {
  const negated = token.startsWith("-");
  const rest = negated ? token.slice(1) : token;
  const phrase = unquote(rest, '"');
  if (phrase !== undefined) {
    return hasWords(phrase) ? { kind: "phrase", value: phrase, negated } : undefined;
  }
  const exact = unquote(rest, "`");
  if (exact !== undefined) {
    return hasWords(exact) ? { kind: "exact", value: exact, negated } : undefined;
  }
  const colon = rest.indexOf(":");
  const field = rest.slice(0, Math.max(0, colon));
  if (isField(field)) {
    const value = unquote(rest.slice(colon + 1), '"') ?? rest.slice(colon + 1);
    return value.trim() === "" || (field === "title" && !hasWords(value))
      ? undefined
      : { kind: "field", field, value, negated };
  }
  return negated && Array.from(rest).length >= shortestNegated && /^[\p{L}\p{N}_]+$/u.test(rest)
    ? { kind: "word", value: rest, negated }
    : undefined;
}

function isField(name: string): name is QueryField {
  return fields.has(name);
}

function unquote(text: string, quote: string): string | undefined {
  const quoted = text.length > 2 && text.startsWith(quote) && text.endsWith(quote);
  const inner = quoted ? text.slice(1, -1) : undefined;
  return inner === undefined || inner.includes(quote) ? undefined : inner;
}

function hasWords(text: string): boolean {
  return wordsOf(text).length > 0;
}
