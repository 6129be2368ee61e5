export { openCrossEncoder } from "./cross-encoder/open-cross-encoder.ts";
export type { CrossEncoder } from "./cross-encoder/open-cross-encoder.ts";
export type { EmbedOptions, Embedder } from "./embedder.ts";
export { describeEncoder } from "./native/choose-encoder.ts";
export type { EncoderDescription } from "./native/choose-encoder.ts";
export { openEmbedder } from "./open-embedder.ts";
export type { EmbedderOptions } from "./open-embedder.ts";
export { loadWordPiece } from "./word-piece/word-piece.ts";
export type { WordPiece } from "./word-piece/word-piece.ts";
