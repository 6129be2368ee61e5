import type { WordPiece } from "./word-piece/word-piece.ts";

/** Per call options of {@link Embedder.embed}. */
export interface EmbedOptions {
  /** Stops the work between two texts; the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** An open model: texts in, unit vectors out. */
export interface Embedder {
  /** Names the space of the vectors; vectors of two spaces are never compared. */
  readonly spaceId: string;
  /** Names what computed the bytes; another value only means that bytes may differ in the last bits. */
  readonly buildId: string;
  readonly dimensions: number;
  /** Longest input in tokens, special tokens included; what is longer is cut. */
  readonly maxTokens: number;
  /** Sessions that work at the same time: a caller that has so many calls under way keeps all busy. */
  readonly sessions: number;
  /** The model's own tokeniser, for chunk budgets. */
  readonly wordPiece: WordPiece;
  /**
   * One row of `dimensions` floats a text, in the order of `texts`, each of unit length. A text gets
   * the same bytes whatever other texts, order or number of workers surround it.
   */
  embed(texts: readonly string[], options?: EmbedOptions): Promise<Float32Array>;
  /** Ends the workers and frees the sessions. Work under way is refused. Safe to call twice. */
  close(): Promise<void>;
}
