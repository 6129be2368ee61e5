import type { AnswerFormat, QueryOptions } from "@clawkeep/retrieval";
import { answerFormats, largestBudget, largestContext } from "@clawkeep/retrieval";
import { z } from "zod";

/** What a question may ask for beside passages, by the names that `local-rag query --stdin` has for it. */
export interface SearchWishes {
  readonly explain?: boolean | undefined;
  readonly format?: AnswerFormat | undefined;
  readonly syntax?: "operators" | "words" | undefined;
  readonly filter?: string | undefined;
  readonly scope?: string | readonly string[] | undefined;
  readonly collections?: readonly string[] | undefined;
  readonly context?: number | undefined;
  readonly diversity?: number | undefined;
  readonly maxTokens?: number | undefined;
  readonly maxBytes?: number | undefined;
}

type Optional<Type extends z.ZodType> = z.ZodOptional<Type>;

const longestText = 4096;
const mostNames = 64;

/** The members of {@link SearchWishes}; an object of them takes no others. */
export const searchWishes: {
  readonly explain: Optional<z.ZodBoolean>;
  readonly format: Optional<z.ZodEnum<{ [Name in AnswerFormat]: Name }>>;
  readonly syntax: Optional<z.ZodEnum<{ words: "words"; operators: "operators" }>>;
  readonly filter: Optional<z.ZodString>;
  readonly scope: Optional<z.ZodUnion<readonly [z.ZodString, z.ZodArray<z.ZodString>]>>;
  readonly collections: Optional<z.ZodArray<z.ZodString>>;
  readonly context: Optional<z.ZodInt>;
  readonly diversity: Optional<z.ZodNumber>;
  readonly maxTokens: Optional<z.ZodInt>;
  readonly maxBytes: Optional<z.ZodInt>;
} = {
  explain: z.boolean().optional().describe("Add the figures behind each score."),
  format: z.enum(answerFormats).optional().describe("How the answer is written as text."),
  syntax: z
    .enum(["words", "operators"])
    .optional()
    .describe(
      'With operators, "a phrase", `exactName`, -word, title:, path: and tag: in the query are ' +
        "conditions; otherwise (words, the default) every character of it is text.",
    ),
  filter: z
    .string()
    .max(longestText)
    .optional()
    .describe("A condition on documents, such as tag=ops AND mtime>2026-01-01."),
  scope: z
    .union([z.string().max(longestText), z.array(z.string().max(longestText)).max(mostNames)])
    .optional()
    .describe("Folders or files inside the indexed folder; passages come from there only."),
  collections: z
    .array(z.string().max(longestText))
    .max(mostNames)
    .optional()
    .describe("Names of collections to look in, where several are served."),
  context: z
    .int()
    .min(0)
    .max(largestContext)
    .optional()
    .describe("How many passages before and after each one to give with it."),
  diversity: z
    .number()
    .min(0)
    .max(1)
    .optional()
    .describe("How much a passage should differ from those before it."),
  maxTokens: z
    .int()
    .min(1)
    .max(largestBudget)
    .optional()
    .describe("Most tokens of all passages together, as the embedding model counts them."),
  maxBytes: z
    .int()
    .min(1)
    .max(largestBudget)
    .optional()
    .describe("Most bytes of all passages together. Not with maxTokens."),
};

/** The same for a query. An empty text or list is no wish, as on the command line. */
export function optionsOf(wishes: SearchWishes): QueryOptions {
  const { explain, syntax, filter, scope, collections, context, diversity } = wishes;
  const { maxTokens, maxBytes } = wishes;
  const scopes = (typeof scope === "string" ? [scope] : (scope ?? [])).filter(
    (each) => each !== "",
  );
  return {
    ...(explain === undefined ? {} : { explain }),
    ...(syntax === undefined ? {} : { syntax }),
    ...(filter === undefined || filter === "" ? {} : { filter }),
    ...(scopes.length === 0 ? {} : { scopes }),
    ...(collections === undefined || collections.length === 0 ? {} : { collections }),
    ...(context === undefined ? {} : { context }),
    ...(diversity === undefined ? {} : { diversity }),
    ...(maxTokens === undefined ? {} : { budget: { unit: "tokens", limit: maxTokens } }),
    ...(maxBytes === undefined ? {} : { budget: { unit: "bytes", limit: maxBytes } }),
  };
}
