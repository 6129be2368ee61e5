/** A choice that a peer offers: what was tried, what won, and the peer's own words about it. */
export interface Setting<T> {
  readonly best: T;
  /** What `--sweep` tries. */
  readonly tried: readonly T[];
  /** The peer's own page. */
  readonly page: string;
}

/** What an index is built from, and how. */
export interface BuildInput {
  /** One of the forms that a peer offers, such as the type of its stored numbers; may be empty. */
  readonly variant: string;
  /** Unit vectors, row after row; row i gets id i. */
  readonly vectors: Float32Array;
  readonly dimensions: number;
  /** Links of a node above the lowest level (M). */
  readonly degree: number;
  /** Candidates while building (efConstruction). */
  readonly construction: number;
  readonly threads: number;
  /** Where it goes; may become a folder. */
  readonly file: string;
  /** What is called build time is what runs in here; conversions and saving stay outside. */
  readonly timed: <T>(work: () => T | Promise<T>) => Promise<T>;
}

/** Which index is opened, and how it will be searched. */
export interface OpenInput {
  readonly variant: string;
  readonly file: string;
  readonly dimensions: number;
  readonly rows: number;
  /** Candidates while searching (efSearch). */
  readonly ef: number;
  /** It is opened for a single query: what only many queries pay back may be left out. */
  readonly once?: boolean;
}

/** An open index. `search` is timed, one query a call; what stands around it is not. */
export interface OpenSearch {
  /** The query in the form that the peer takes best. */
  prepare(query: Float32Array): unknown;
  /** The peer's own call with its own result; may be a promise. */
  search(prepared: unknown, k: number): unknown;
  idsOf(result: unknown): ArrayLike<number | bigint>;
  /** Many queries in one call, where the peer has that. */
  batch?(queries: readonly Float32Array[], k: number, threads: number): unknown;
  close(): void | Promise<void>;
}

/** A library that finds nearest neighbours. */
export interface SearchPeer {
  readonly kind: "search";
  build(input: BuildInput): Promise<void>;
  open(input: OpenInput): OpenSearch | Promise<OpenSearch>;
}

/** A loaded model. */
export interface OpenEmbed {
  /** One call of the peer with these texts as one batch; unit vectors, row after row. */
  embed(texts: readonly string[]): Promise<Float32Array>;
  /** The nearest neighbour search that belongs to it, if it is not a plain scan over `vectors`. */
  openSearch?(segment: string): OpenSearch;
  close(): void | Promise<void>;
}

/** A library that turns texts into vectors. */
export interface EmbedPeer {
  readonly kind: "embed";
  /** `model` is a folder with the same weights in the peer's form. */
  load(variant: string, model: string): Promise<OpenEmbed>;
}
