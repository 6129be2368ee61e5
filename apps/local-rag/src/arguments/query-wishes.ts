import type { QueryOptions } from "@clawkeep/retrieval";
import { largestBudget, largestContext } from "@clawkeep/retrieval";

import type { CommandSpec } from "./command-table.ts";
import type { RawOptions } from "./parse-flags.ts";
import { integerOf, textOf, usage } from "./parse-flags.ts";

/** What a question may ask for beside passages: every member has a flag and a JSON name. */
export type QueryWishes = Pick<
  QueryOptions,
  "syntax" | "filter" | "scopes" | "collections" | "context" | "diversity" | "budget"
>;

/**
 * The wishes that a command line names.
 *
 * @throws CodedError `USAGE`.
 */
export function wishesOfFlags(spec: CommandSpec, options: RawOptions): QueryWishes {
  const [filter, scope] = [textOf(options, "filter"), textOf(options, "scope")];
  const context = integerOf(spec, options, "context", { from: 0, to: largestContext });
  const tokens = integerOf(spec, options, "max-tokens", { from: 1, to: largestBudget });
  const bytes = integerOf(spec, options, "max-bytes", { from: 1, to: largestBudget });
  const diversity = textOf(options, "diversity");
  if (diversity !== undefined && !/^(?:0|1|0?\.\d{1,6}|1\.0{1,6})$/u.test(diversity)) {
    throw usage(spec, `--diversity needs a number from 0 to 1, got ${JSON.stringify(diversity)}`);
  }
  if (tokens !== undefined && bytes !== undefined) {
    throw usage(spec, "--max-tokens and --max-bytes are two budgets; name one");
  }
  return wishesOf({
    syntax: options.flags.has("words") ? "words" : undefined,
    filter,
    scopes: scope?.split(",").filter((each) => each !== ""),
    collections: undefined,
    context,
    diversity: diversity === undefined ? undefined : Number(diversity),
    tokens,
    bytes,
  });
}

/** The JSON names of {@link wishesOfFields}. */
export const wishNames: readonly string[] = [
  "syntax",
  "filter",
  "scope",
  "collections",
  "context",
  "diversity",
  "maxTokens",
  "maxBytes",
];

/**
 * The wishes that a JSON object names; their ranges are checked where they are used. An empty text or
 * list is no wish, so that a caller with fixed members can leave one open.
 *
 * @throws what `refused` makes of what was expected.
 */
export function wishesOfFields(
  fields: ReadonlyMap<string, unknown>,
  refused: (expected: string) => Error,
): QueryWishes {
  const of = <T>(
    name: string,
    expected: string,
    is: (value: unknown) => value is T,
  ): T | undefined => {
    const value = fields.get(name);
    if (value === undefined || value === "" || (Array.isArray(value) && value.length === 0)) {
      return undefined;
    }
    if (!is(value)) {
      throw refused(`${expected} as ${name}`);
    }
    return value;
  };
  const scope = of("scope", "a text or a list of texts", isTexts);
  const wishes = wishesOf({
    syntax: of("syntax", "operators or words", isSyntax),
    filter: of("filter", "a text", isText),
    scopes: typeof scope === "string" ? [scope] : scope,
    collections: of("collections", "a list of names", isList),
    context: of("context", "a number", isNumber),
    diversity: of("diversity", "a number", isNumber),
    tokens: of("maxTokens", "a number", isNumber),
    bytes: of("maxBytes", "a number", isNumber),
  });
  if (fields.get("maxTokens") !== undefined && fields.get("maxBytes") !== undefined) {
    throw refused("maxTokens or maxBytes, not both");
  }
  return wishes;
}

/**
 * Both together. What the command line fixes is fixed: whoever starts the program may be another than
 * who asks.
 *
 * @throws what `refused` makes of what was expected.
 */
export function joinWishes(
  fixed: QueryWishes,
  asked: QueryWishes,
  refused: (expected: string) => Error,
): QueryWishes {
  const twice = Object.keys(fixed).find((name) => Object.hasOwn(asked, name));
  if (twice !== undefined) {
    throw refused(`no ${twice}, which the command line fixes,`);
  }
  return { ...fixed, ...asked };
}

/** The JSON of wishes: what {@link wishesOfFields} reads. */
export function fieldsOfWishes(wishes: QueryWishes): Readonly<Record<string, unknown>> {
  const { scopes, budget, ...rest } = wishes;
  return {
    ...rest,
    ...(scopes === undefined ? {} : { scope: scopes }),
    ...(budget === undefined
      ? {}
      : { [budget.unit === "tokens" ? "maxTokens" : "maxBytes"]: budget.limit }),
  };
}

function wishesOf(all: {
  readonly syntax: QueryOptions["syntax"];
  readonly filter: string | undefined;
  readonly scopes: readonly string[] | undefined;
  readonly collections: readonly string[] | undefined;
  readonly context: number | undefined;
  readonly diversity: number | undefined;
  readonly tokens: number | undefined;
  readonly bytes: number | undefined;
}): QueryWishes {
  const { syntax, filter, scopes, collections, context, diversity, tokens, bytes } = all;
  return {
    ...(syntax === undefined ? {} : { syntax }),
    ...(filter === undefined ? {} : { filter }),
    ...(scopes === undefined ? {} : { scopes }),
    ...(collections === undefined ? {} : { collections }),
    ...(context === undefined ? {} : { context }),
    ...(diversity === undefined ? {} : { diversity }),
    ...(tokens === undefined ? {} : { budget: { unit: "tokens", limit: tokens } }),
    ...(bytes === undefined ? {} : { budget: { unit: "bytes", limit: bytes } }),
  };
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}

function isTexts(value: unknown): value is string | readonly string[] {
  return isText(value) || isList(value);
}

function isList(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every(isText);
}

function isNumber(value: unknown): value is number {
  return typeof value === "number";
}

function isSyntax(value: unknown): value is "operators" | "words" {
  return value === "operators" || value === "words";
}
