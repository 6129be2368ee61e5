import type { Finding } from "@clawkeep/diagnostics";

import type { TextLayer } from "./extraction/locator.ts";
import type { Block } from "./reading/block.ts";

/**
 * How a file is read: Markdown and reStructuredText by their structure, text by its paragraphs, data by its
 * records and members, code by its functions or lines, what an extraction gave by the blocks that came
 * with it.
 */
export type DocumentKind = "markdown" | "rst" | "text" | "data" | "code" | "extracted";

/** A value of a front matter field: a scalar, or a flat list of scalars such as tags. */
export type MetadataValue = string | number | boolean | readonly (string | number | boolean)[];

/** One admitted file, read: what it is about, and the exact bytes that its chunks are cut from. */
export interface Document {
  /** Workspace-relative, with `/` between names. */
  readonly path: string;
  readonly kind: DocumentKind;
  /** Language of `code` and `data`, such as `typescript`; absent otherwise. */
  readonly language?: string;
  /**
   * Title of the front matter, else of the first heading, else the file's name. One line; empty when there is
   * only a name without a letter.
   */
  readonly title: string;
  /** `summary` of the front matter, else its `description`. One line. */
  readonly summary?: string;
  /** The other scalar fields of the front matter. Empty when there is none. */
  readonly metadata: Readonly<Record<string, MetadataValue>>;
  /**
   * The whole file, valid UTF-8, or the text that was taken out of it when there is a `layer`. Byte
   * offsets of chunks count from its start.
   */
  readonly bytes: Uint8Array;
  /** Where the body starts: behind a byte order mark and the front matter. */
  readonly bodyStart: number;
  /** The blocks of the body, where its kind alone does not tell them. */
  readonly blocks?: readonly Block[];
  /** Where the text stands in the file; absent when the text is the file. */
  readonly layer?: TextLayer;
}

/** What `readDocument` gives: no document when the bytes are not text that can be indexed. */
export interface ReadDocumentResult {
  readonly document: Document | undefined;
  readonly findings: readonly Finding[];
}
