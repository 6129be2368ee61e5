import { z } from "zod";

import type { Finding } from "@clawkeep/diagnostics";
import type { Locator } from "@clawkeep/documents";
import type { Digest } from "@clawkeep/integrity";

/** A chunk as the catalog keeps it: what a segment needs to know, and which vector belongs to it. */
export interface CatalogChunk {
  readonly ordinal: number;
  readonly text: string;
  readonly byteStart: number;
  readonly byteEnd: number;
  readonly lineStart: number;
  readonly lineEnd: number;
  readonly headings: readonly string[];
  readonly title: string;
  /** What stands in front of the passage when it is embedded. */
  readonly context: string;
  readonly digest: Digest;
  /** Digest of the text that is embedded: context and passage. The vector's key. */
  readonly input: Digest;
  /** Tokens of what is embedded, without the special ones: the order and size of the work. */
  readonly tokens: number;
  /** Where the passage stands in a file whose bytes are not its text. */
  readonly locator?: Locator;
}

/** A text that has no vector yet. */
export interface CatalogWork {
  readonly input: Digest;
  readonly tokens: number;
  readonly context: string;
  readonly text: string;
}

/** A file of the workspace as the last run saw it. */
export interface CatalogDocument {
  readonly path: string;
  /** SHA-256 of the file: what decides whether it changed. */
  readonly digest: Digest;
  readonly size: number;
  readonly title: string;
  /**
   * Size, times and inode of the file just before it was read, or null when they were too fresh to
   * tell a later change. Equal ones save reading the file; they never stand in for the digest.
   */
  readonly hint: string | null;
  /** False for a file that was read and has no document in it; its findings say why. */
  readonly indexed: boolean;
  /** Kind, language and front matter, for filters: JSON. Empty for a file without a document. */
  readonly facts: string;
  readonly findings: readonly Finding[];
  readonly chunks: readonly CatalogChunk[];
}

/** What decides whether a published segment still holds a document. */
export interface DocumentOutline {
  readonly path: string;
  readonly digest: Digest;
  readonly chunks: number;
}

/** Where a chunk stands, in which content of which file. */
export interface ChunkInDocument {
  readonly path: string;
  readonly documentDigest: Digest;
  readonly place: Pick<CatalogChunk, "byteStart" | "byteEnd" | "digest" | "locator">;
}

const digest = z.templateLiteral(["sha256:", z.string().regex(/^[0-9a-f]{64}$/u)]);
const count = z.int().nonnegative();

const locator: z.ZodType<Locator> = z.strictObject({
  layer: z.string(),
  unit: z.enum(["page", "slide", "section", "paragraph", "cell", "message", "line", "row"]),
  first: count,
  last: count,
  member: z.string().exactOptional(),
  spanStart: count,
  spanEnd: count,
});

/** What of a chunk stands in the `place` column. */
export const chunkPlace: z.ZodType<Omit<CatalogChunk, "ordinal" | "text" | "input" | "tokens">> =
  z.strictObject({
    byteStart: count,
    byteEnd: count,
    lineStart: count,
    lineEnd: count,
    headings: z.array(z.string()),
    title: z.string(),
    context: z.string(),
    digest,
    locator: locator.exactOptional(),
  });

/** A row of the `documents` table. */
export const documentRow: z.ZodType<{
  path: string;
  digest: Digest;
  size: number;
  title: string;
  hint: string | null;
  indexed: number;
  facts: string;
  findings: string;
}> = z.object({
  path: z.string(),
  digest,
  size: count,
  title: z.string(),
  hint: z.string().nullable(),
  indexed: z.int(),
  facts: z.string(),
  findings: z.string(),
});

/** A {@link DocumentOutline}. */
export const outlineRow: z.ZodObject<{
  path: z.ZodString;
  digest: z.ZodType<Digest>;
  chunks: z.ZodNumber;
}> = z.object({ path: z.string(), digest, chunks: z.number().int().nonnegative() });

/** A row of the `chunks` table. */
export const chunkRow: z.ZodType<{
  path: string;
  ordinal: number;
  input: Uint8Array;
  tokens: number;
  place: string;
  body: string;
}> = z.object({
  path: z.string(),
  ordinal: count,
  input: z.instanceof(Uint8Array),
  tokens: count,
  place: z.string(),
  body: z.string(),
});

/** The fact `refused`. */
export const codeCounts: z.ZodType<Readonly<Record<string, number>>> = z.record(
  z.string(),
  z.int().positive(),
);

/** The `findings` column. */
export const findingList: z.ZodType<readonly Finding[]> = z.array(
  z.object({
    code: z.string(),
    severity: z.enum(["error", "warning", "note"]),
    message: z.string(),
    hint: z.string().exactOptional(),
    file: z.string().exactOptional(),
    line: z.number().exactOptional(),
    column: z.number().exactOptional(),
  }),
);
