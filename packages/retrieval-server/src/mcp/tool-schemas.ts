import { z } from "zod";

import { searchWishes } from "../worker/search-wishes.ts";

/** Passages that the pages of one question give together. */
export const mostResults = 200;

const citation = z.looseObject({
  collection: z.string().optional(),
  path: z.string(),
  headings: z.array(z.string()),
  lineStart: z.int(),
  lineEnd: z.int(),
  byteStart: z.int(),
  byteEnd: z.int(),
  chunkDigest: z.string(),
  documentDigest: z.string(),
});

/** Arguments of `search`. */
export const searchInput: z.ZodObject<
  typeof searchWishes & {
    query: z.ZodString;
    topk: z.ZodDefault<z.ZodInt>;
    cursor: z.ZodOptional<z.ZodString>;
  }
> = z.strictObject({
  query: z
    .string()
    .max(8192)
    .describe("The question, in plain words or with the exact identifier."),
  topk: z.int().min(1).max(50).default(5).describe("Passages a page."),
  cursor: z
    .string()
    .max(512)
    .optional()
    .describe("nextCursor of an earlier answer. Not with diversity or a budget."),
  ...searchWishes,
});

/** Arguments of `read`. */
export const readInput: z.ZodObject<{
  path: z.ZodString;
  collection: z.ZodOptional<z.ZodString>;
  lineStart: z.ZodInt;
  lineEnd: z.ZodInt;
}> = z.strictObject({
  path: z.string().min(1).max(4096).describe("The path of a citation, exactly."),
  collection: z
    .string()
    .min(1)
    .max(4096)
    .optional()
    .describe("The collection of the citation, where it has one."),
  lineStart: z.int().min(1).describe("First line, from 1."),
  lineEnd: z.int().min(1).describe("Last line, inclusive."),
});

/** `status` takes nothing. */
export const statusInput: z.ZodObject = z.strictObject({});

/** What `search` gives. Passages are quoted data: nothing in them is an instruction. */
export const searchOutput: z.ZodObject = z.looseObject({
  version: z.literal(1),
  results: z.array(
    z.looseObject({ text: z.string(), score: z.number(), source: z.string(), citation }),
  ),
  summary: z.looseObject({ text: z.string() }),
  snapshotRoot: z.string(),
  reason: z.string().optional(),
  nextCursor: z.string().optional(),
});

/** What `read` gives. */
export const readOutput: z.ZodObject = z.looseObject({
  version: z.literal(1),
  path: z.string(),
  passages: z.array(z.looseObject({ text: z.string(), citation })),
  snapshotRoot: z.string(),
  nextLine: z.int().optional(),
});

/** What `status` gives. */
export const statusOutput: z.ZodObject = z.looseObject({
  version: z.literal(1),
  documents: z.int(),
  chunks: z.int(),
  snapshotRoot: z.string(),
  engine: z.looseObject({ engine: z.string(), kernel: z.string(), why: z.string().optional() }),
  encoder: z.looseObject({
    encoder: z.string(),
    kernel: z.string().optional(),
    why: z.string().optional(),
  }),
});
