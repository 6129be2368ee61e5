import type { WordPiece } from "../word-piece/word-piece.ts";

/** Tokens of a pair, as BERT-like models were trained on. */
const mostTokens = 512;
/** Tokens of a query; the rest of a longer one is left out, so that there is room for the passage. */
const mostQueryTokens = 128;

/** `[CLS] query [SEP] passage [SEP]`: ids, and which of the two each belongs to. */
export function pairIds(
  wordPiece: WordPiece,
  query: string,
  passage: string,
): { readonly ids: BigInt64Array; readonly types: BigInt64Array } {
  const first = wordPiece.encode(query, mostQueryTokens);
  // The second one's `[CLS]` goes; its `[SEP]` stays.
  const second = wordPiece.encode(passage, mostTokens - first.length + 1).subarray(1);
  const ids = BigInt64Array.from([...first, ...second], BigInt);
  const types = ids.map((_, index) => (index < first.length ? 0n : 1n));
  return { ids, types };
}
