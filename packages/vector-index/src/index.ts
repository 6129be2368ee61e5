export { buildVectorSections, graphThreshold } from "./build-vector-sections.ts";
export type { BuildVectorOptions } from "./build-vector-sections.ts";
export { exactSearch } from "./exact-search.ts";
export type { CodeKernel, KernelShape } from "./kernel/code-kernel.ts";
export { openVectorIndex } from "./open-vector-index.ts";
export type { OpenVectorIndexOptions } from "./open-vector-index.ts";
export type {
  ManyHits,
  ManySearchOptions,
  VectorHits,
  VectorIndex,
  VectorSearchOptions,
} from "./vector-index.ts";
export type { EngineChoice, EngineDescription } from "./engine/choose-engine.ts";
export { describeEngine } from "./engine/describe-engine.ts";
export { openChunkVectors } from "./read-chunk-vector.ts";
export type { ChunkVectors } from "./read-chunk-vector.ts";
export { streamVectorSections } from "./stream-vector-sections.ts";
export type { VectorRows } from "./stream-vector-sections.ts";
