import type { Locator } from "./extraction/locator.ts";

/** A passage of a document: what is embedded, searched, and cited. */
export interface Chunk {
  /** Position within the document, from 0. */
  readonly ordinal: number;
  /** `bytes.subarray(byteStart, byteEnd)` of the document, decoded: exact, never rewritten. */
  readonly text: string;
  /** Offset in bytes of the file, inclusive; of the text that was taken out of it with a `locator`. */
  readonly byteStart: number;
  /** Offset in the same bytes, exclusive. */
  readonly byteEnd: number;
  /** 1-based line of the first byte. Lines end with LF, as for `sed`; a lone CR ends none. */
  readonly lineStart: number;
  /** 1-based line of the last byte, inclusive. */
  readonly lineEnd: number;
  /**
   * Heading trail, outermost first: the headings that hold for the whole chunk, or the trail of its
   * first section when its sections share none. Inline markup is taken off.
   */
  readonly headings: readonly string[];
  /** Title of the document. */
  readonly title: string;
  /**
   * What {@link embeddingInput} puts in front: title, then those headings that hold where the chunk starts
   * and that it does not start with; the summary too for the first chunk. May be empty.
   */
  readonly context: string;
  /** SHA-256 of the UTF-8 bytes of `text`, so that `sha256sum` over the byte range gives the same. */
  readonly digest: `sha256:${string}`;
  /** Where the passage stands in a file whose bytes are not its text. */
  readonly locator?: Locator;
}

/** Four and more of one of these in a row are a line drawn in text: a token each, and no meaning. */
const drawnLine = /([-=_*~.#+|])\1{3,}/gu;

/** Folds lines drawn with punctuation, such as those of a table, to three characters. */
export function foldDrawnLines(text: string): string {
  return text.replace(drawnLine, "$1$1$1");
}

/**
 * The text that is embedded for a chunk: its context, a newline, its text, with drawn lines folded. This,
 * not `text`, is what `chunkDocument` keeps within the model's tokens.
 */
export function embeddingInput(chunk: Pick<Chunk, "context" | "text">): string {
  return foldDrawnLines(chunk.context === "" ? chunk.text : `${chunk.context}\n${chunk.text}`);
}
