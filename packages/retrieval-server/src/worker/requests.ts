import { CodedError } from "@clawkeep/diagnostics";
import { largestTopK, longestQueryBytes } from "@clawkeep/retrieval";
import { z } from "zod";

import type { SearchWishes } from "./search-wishes.ts";
import { searchWishes } from "./search-wishes.ts";
import { mostTexts } from "./text-limits.ts";

/** A question. There is no member that names an index, a folder or a model: those are fixed at start. */
export interface SearchRequest extends SearchWishes {
  readonly query: string;
  readonly topk: number;
  /** Passages to pass over, for pages; the answer says whether there are more. */
  readonly offset?: number | undefined;
}

/** A range of lines of an indexed document, by the name that citations have for it. */
export interface ReadRequest {
  readonly path: string;
  /** Needed where several collections are served. */
  readonly collection?: string | undefined;
  readonly lineStart: number;
  readonly lineEnd: number;
}

/** Texts to embed. */
export interface EmbedRequest {
  readonly texts: readonly string[];
}

const searchSchema: z.ZodType<SearchRequest> = z
  .strictObject({
    query: z.string().refine((text) => Buffer.byteLength(text) <= longestQueryBytes, "too long"),
    topk: z.int().min(1).max(largestTopK).default(5),
    offset: z.int().min(0).max(largestTopK).optional(),
    ...searchWishes,
  })
  .refine(
    ({ maxTokens, maxBytes }) => maxTokens === undefined || maxBytes === undefined,
    "maxTokens or maxBytes, not both",
  );

const readSchema: z.ZodType<ReadRequest> = z
  .strictObject({
    path: z.string().min(1).max(4096),
    collection: z.string().min(1).max(4096).optional(),
    lineStart: z.int().min(1),
    lineEnd: z.int().min(1),
  })
  .refine(({ lineStart, lineEnd }) => lineEnd >= lineStart, "lineEnd is before lineStart");

const embedSchema: z.ZodType<EmbedRequest> = z.strictObject({
  texts: z.array(z.string()).min(1).max(mostTexts),
});

/** @throws CodedError `REQUEST_INVALID` naming the member */
export const parseSearch = (input: unknown): SearchRequest => parsed(searchSchema, input);
/** @throws CodedError `REQUEST_INVALID` naming the member */
export const parseRead = (input: unknown): ReadRequest => parsed(readSchema, input);
/** @throws CodedError `REQUEST_INVALID` naming the member */
export const parseEmbed = (input: unknown): EmbedRequest => parsed(embedSchema, input);

function parsed<Value>(schema: z.ZodType<Value>, input: unknown): Value {
  const result = schema.safeParse(input);
  if (result.success) {
    return result.data;
  }
  const [issue] = result.error.issues;
  const where = issue === undefined || issue.path.length === 0 ? "" : `${issue.path.join(".")}: `;
  throw new CodedError({
    code: "REQUEST_INVALID",
    message: `${where}${issue?.message ?? "not a request"}`.slice(0, 500),
  });
}
