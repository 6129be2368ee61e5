import type { Digest } from "@clawkeep/integrity";

/** A chunk on its way into a segment: a `Chunk` of the `documents` package has all of it. */
export interface ChunkInput {
  readonly ordinal: number;
  readonly text: string;
  readonly byteStart: number;
  readonly byteEnd: number;
  readonly lineStart: number;
  readonly lineEnd: number;
  readonly headings: readonly string[];
  readonly title: string;
  /** Digest of `text` as UTF-8. */
  readonly digest: Digest;
  /** Where the passage stands in a file whose bytes are not its text: JSON, never empty. */
  readonly locator?: string;
}

/** A document and its chunks on their way into a segment. */
export interface DocumentInput {
  /** Workspace-relative, `/` between parts. */
  readonly path: string;
  readonly title: string;
  /** Bytes of the file. */
  readonly size: number;
  /** Digest of the file. */
  readonly digest: Digest;
  readonly chunks: readonly ChunkInput[];
  /** What else is known of the file, for filters: JSON, never empty. */
  readonly facts?: string;
}

/** One chunk as a query sees it. */
export interface ChunkRow {
  readonly document: number;
  readonly ordinal: number;
  readonly path: string;
  readonly documentTitle: string;
  readonly documentDigest: Digest;
  readonly title: string;
  readonly headings: readonly string[];
  readonly byteStart: number;
  readonly byteEnd: number;
  readonly lineStart: number;
  readonly lineEnd: number;
  readonly digest: Digest;
  /** What the writer gave, when it gave any: the byte and line numbers count in its text then. */
  readonly locator?: string;
  /**
   * The text, compared with `digest`.
   * @throws CodedError `SEGMENT_DIGEST` when they differ.
   */
  text(): string;
}

/** One document as a citation check sees it. */
export interface DocumentRow {
  readonly path: string;
  readonly title: string;
  readonly size: number;
  readonly digest: Digest;
  readonly firstChunk: number;
  readonly chunkCount: number;
  /** What the writer gave, when it gave any. */
  readonly facts?: string;
}

/** The chunk and document tables of a segment. Ids out of range throw `SEGMENT_BOUNDS`. */
export interface ChunkTable {
  readonly chunkCount: number;
  readonly documentCount: number;
  row(chunk: number): ChunkRow;
  document(document: number): DocumentRow;
}
