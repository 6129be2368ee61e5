import type { Bitset } from "@clawkeep/segment";

/** Nearest chunks, best first; equal scores by ascending id. Both arrays have the same length. */
export interface VectorHits {
  readonly ids: Int32Array;
  /** Cosine, −1 to 1, of the chunk's best vector. */
  readonly scores: Float32Array;
}

/** What narrows or widens one search. */
export interface VectorSearchOptions {
  /** Only these chunks. */
  readonly filter?: Bitset;
  /** Not these chunks. */
  readonly deleted?: Bitset;
  /** Size of the candidate list of an HNSW search. Default 64 or about twice `k`, the larger. */
  readonly ef?: number;
}

/** The vectors of one segment. */
export interface VectorIndex {
  /** `hnsw` when searches walk the graph, `exact` when they look at each vector. */
  readonly kind: "exact" | "hnsw";
  readonly dimensions: number;
  readonly vectorCount: number;
  /**
   * The `k` nearest chunks of a unit vector.
   * @throws CodedError `VECTOR_QUERY` for a query of another length or with values that are not finite.
   */
  search(query: Float32Array, k: number, options?: VectorSearchOptions): VectorHits;
  /** Rescored cosine of each chunk, in the order given; −1 for a chunk without a vector. */
  scoresOf(query: Float32Array, ids: ArrayLike<number>): Float32Array;
}
