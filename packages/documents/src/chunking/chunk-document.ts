import type { Chunk } from "../chunk.ts";
import type { Document } from "../document.ts";

/** The embedding model's side of chunking. */
export interface ChunkBudget {
  /**
   * Tokens of a text, special tokens included or not: the count of the empty text is taken off. Must
   * be additive over texts joined by white space, as WordPiece is.
   */
  readonly countTokens: (text: string) => number;
  /** Most tokens of an embedded input, the model's two special tokens included. At least 32. */
  readonly maxTokens: number;
}

/** Names the cutting rules; a change of any bound changes it, so that an index can tell. */
export const chunkerId: string = "structure-1";

/** Cuts a document into chunks. The same bytes and budget give the same chunks, always. */
export function chunkDocument(_document: Document, _budget: ChunkBudget): readonly Chunk[] {
  return [];
}
