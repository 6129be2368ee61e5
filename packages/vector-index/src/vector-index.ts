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
  /**
   * Size of the candidate list of an HNSW search, and the most that are rescored. Default 64 or about
   * twice `k`, the larger.
   */
  readonly ef?: number;
}

/** What narrows or widens many searches at once. */
export interface ManySearchOptions extends VectorSearchOptions {
  /** Threads of the native engine; the answers are the same. Default: as many as the machine runs at once. */
  readonly threads?: number;
}

/** Hits of many queries: `k` places for each, those without a hit −1. */
export interface ManyHits {
  readonly ids: Int32Array;
  readonly scores: Float32Array;
  /** How many places of each query hold a hit. */
  readonly counts: Uint32Array;
}

/** The vectors of one segment. */
export interface VectorIndex {
  /** `hnsw` when searches walk the graph, `exact` when they look at each vector. */
  readonly kind: "exact" | "hnsw";
  readonly engine: "native" | "portable";
  /** The instructions that compute: `avx512-vnni`, `wasm` and so on. */
  readonly kernel: string;
  readonly dimensions: number;
  readonly vectorCount: number;
  /**
   * The `k` nearest chunks of a unit vector.
   * @throws CodedError `VECTOR_QUERY` for a query of another length or with values that are not finite.
   */
  search(query: Float32Array, k: number, options?: VectorSearchOptions): VectorHits;
  /**
   * The same into arrays of the caller, as many hits as they have room for; gives how many there are.
   * The native engine allocates nothing.
   * @throws CodedError as {@link VectorIndex.search}.
   */
  searchInto(query: Float32Array, into: VectorHits, options?: VectorSearchOptions): number;
  /**
   * The `k` nearest chunks of each row of `queries`.
   * @throws CodedError as {@link VectorIndex.search}.
   */
  searchMany(queries: Float32Array, k: number, options?: ManySearchOptions): ManyHits;
  /** Rescored cosine of each chunk, in the order given; −1 for a chunk without a vector. */
  scoresOf(query: Float32Array, ids: ArrayLike<number>): Float32Array;
}
