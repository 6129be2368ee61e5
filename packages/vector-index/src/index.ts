export type { VectorHits, VectorIndex, VectorSearchOptions } from "./vector-index.ts";
