/** A text to token ids, exactly as the reference tokeniser of the model does it. */
export interface WordPiece {
  /** Ids with `[CLS]` first and `[SEP]` last, cut to `maxTokens` in all. */
  encode(text: string, maxTokens: number): Int32Array;
  /** Tokens of the text alone: no special tokens, no cut. */
  count(text: string): number;
}

/** Reads a vocabulary file (one entry a line, the line number is the id). */
export function loadWordPiece(vocabulary: Uint8Array): WordPiece {
  throw new Error(`not written yet: ${vocabulary.length}`);
}
