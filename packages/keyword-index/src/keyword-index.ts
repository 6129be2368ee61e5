import type { Bitset } from "@clawkeep/segment";

/** Best chunks, best first; equal scores by ascending id. Both arrays have the same length. */
export interface KeywordHits {
  readonly ids: Int32Array;
  /** BM25F, greater than 0. */
  readonly scores: Float32Array;
}

/** Sizes that BM25F needs. Those of several segments are added up. */
export interface KeywordTotals {
  readonly chunks: number;
  /** Sum of the title lengths of all chunks, in terms. */
  readonly titleTerms: number;
  /** Sum of the body lengths of all chunks, in terms. */
  readonly bodyTerms: number;
}

/** Totals and, for each term of one query, the number of chunks that hold it. */
export interface KeywordStatistics {
  readonly totals: KeywordTotals;
  readonly frequencies: ReadonlyMap<string, number>;
}

/** What narrows one search, or scores it by the statistics of more than this segment. */
export interface KeywordSearchOptions {
  /** Default: the statistics of this segment alone. */
  readonly statistics?: KeywordStatistics;
  /** Only these chunks. */
  readonly filter?: Bitset;
  /** Not these chunks. They count in the statistics unless {@link KeywordSearchOptions.statistics} leave them out. */
  readonly deleted?: Bitset;
}

/** Where in a chunk a term stands. */
export type KeywordField = "title" | "body" | "any";

/** The postings of one segment. Terms are what `analyse` gives; a repeated term counts as often. */
export interface KeywordIndex {
  readonly totals: KeywordTotals;
  search(terms: readonly string[], k: number, options?: KeywordSearchOptions): KeywordHits;
  /** BM25F of each chunk, in the order given; 0 for a chunk that holds none of the terms. */
  scoresOf(
    terms: readonly string[],
    ids: ArrayLike<number>,
    options?: KeywordSearchOptions,
  ): Float32Array;
  /** In how many chunks each term occurs, deleted ones left out; 0 for an unknown term. */
  termStatistics(terms: readonly string[], deleted?: Bitset): ReadonlyMap<string, number>;
  /** {@link totals} without the deleted chunks. */
  livingTotals(deleted: Bitset | undefined): KeywordTotals;
  /** The chunks that hold a term in a field, ascending. */
  chunksWith(term: string, field: KeywordField): Uint32Array;
}
