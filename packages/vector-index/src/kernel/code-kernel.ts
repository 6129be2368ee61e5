/** Most rows that one call of a kernel computes. */
export const tileRows = 1024;

/**
 * The inner loops over quantised rows, and the memory that they run in. All implementations give the
 * same keys and scores for the same bytes: keys are exact integers, scores are sums in a fixed order.
 * Row ids are not checked here: the caller has.
 */
export interface CodeKernel {
  readonly name: "wasm" | "javascript";
  /** The codes, row after row: whoever opens the kernel fills them. */
  readonly codes: Uint8Array;
  /** The weights: whoever opens the kernel fills them. */
  readonly weights: Uint32Array;
  /** Ids for {@link gather} and {@link gatherFrom}. */
  readonly ids: Uint32Array;
  /** Results, `tileRows` of them. */
  readonly keys: Float64Array;
  setQuery(codes: Int8Array): void;
  /** Keys of `count` rows from `first` on for the query. `count` is 1 to `tileRows`. */
  scan(first: number, count: number): void;
  /** Keys of the first `count` rows in `ids` for the query. */
  gather(count: number): void;
  /** Keys of the first `count` rows in `ids` for row `row`. */
  gatherFrom(row: number, count: number): void;
  setRescoringQuery(query: Float32Array): void;
  /** Product of the rescoring query and one row of halves. */
  rescore(row: Uint8Array): number;
}

/** How much a kernel has to hold. */
export interface KernelShape {
  readonly rows: number;
  readonly dimensions: number;
}
