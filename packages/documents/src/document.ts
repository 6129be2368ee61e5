import type { Finding } from "@clawkeep/diagnostics";

/** How a file is read: Markdown by its structure, text by its paragraphs, code by its lines. */
export type DocumentKind = "markdown" | "text" | "code";

/** A value of a front matter field: a scalar, or a flat list of scalars such as tags. */
export type MetadataValue = string | number | boolean | readonly (string | number | boolean)[];

/** One admitted file, read: what it is about, and the exact bytes that its chunks are cut from. */
export interface Document {
  /** Workspace-relative, with `/` between names. */
  readonly path: string;
  readonly kind: DocumentKind;
  /** Language of `code`, such as `typescript`; absent otherwise. */
  readonly language?: string;
  /** Title of the front matter, else of the first heading, else the file's name. One line, never empty. */
  readonly title: string;
  /** `summary` of the front matter, else its `description`. One line. */
  readonly summary?: string;
  /** The other scalar fields of the front matter. Empty when there is none. */
  readonly metadata: Readonly<Record<string, MetadataValue>>;
  /** The whole file, valid UTF-8. Byte offsets of chunks count from its start. */
  readonly bytes: Uint8Array;
  /** Where the body starts: behind a byte order mark and the front matter. */
  readonly bodyStart: number;
}

/** What `readDocument` gives: no document when the bytes are not text that can be indexed. */
export interface ReadDocumentResult {
  readonly document: Document | undefined;
  readonly findings: readonly Finding[];
}
