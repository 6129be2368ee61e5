import type { OurIndex } from "../data/our-index.ts";
import type { Corpus } from "../data/corpus.ts";
import type { VectorSet } from "../data/vector-sets.ts";
import type { Chart } from "../report/chart.ts";
import type { Peers } from "../setup/peers.ts";
import type { SampleStore } from "../samples/sample-store.ts";
import type { Sizes } from "../sizes.ts";
import type { Summary } from "../statistics/summary.ts";

/** One line of a row's table: a contender and what it reached. */
export interface Measured {
  readonly contender: string;
  /** Column title → text, in the order of the columns. */
  readonly cells: Readonly<Record<string, string>>;
}

/** Ours against one peer, as the requirement words it. */
export interface Comparison {
  readonly what: string;
  readonly against: string;
  /** How many times better ours is; below 1 ours loses. With `atMost`, ours over theirs instead. */
  readonly ratio: Summary | undefined;
  readonly must?: number;
  readonly aim?: number;
  /** The ratio has to be at most `must`: memory, times of an incremental run. */
  readonly atMost?: boolean;
  /** It is a difference in points, ours less theirs, not a ratio. */
  readonly difference?: boolean;
  /** Why there is no ratio, or what is to be known about it. */
  readonly note?: string;
}

/** What a row found. */
export interface RowResult {
  readonly id: string;
  readonly title: string;
  /** What was done, in a paragraph. */
  readonly method: string;
  readonly measured: readonly Measured[];
  readonly comparisons: readonly Comparison[];
  readonly charts: readonly Chart[];
  readonly missing: readonly { readonly contender: string; readonly why: string }[];
  /** More than one when the samples come from a run that was stopped. */
  readonly sessions: readonly string[];
  /** Everything that was measured, for the JSON. */
  readonly raw: unknown;
}

/** What rows work with. What is prepared is prepared when a row first asks for it. */
export interface Bench {
  readonly sizes: Sizes;
  readonly store: SampleStore;
  readonly peers: Peers;
  /** The executable of ours, built. */
  readonly localRag: string;
  /** Folder of the cache for what is prepared, and one that is emptied before each run. */
  readonly cache: string;
  readonly scratch: string;
  /** Changes with any byte of what is measured as ours. */
  readonly codeDigest: string;
  readonly say: (text: string) => void;
  readonly corpus: () => Promise<Corpus>;
  readonly sample: () => Promise<Corpus>;
  readonly corpusVectors: () => Promise<{ readonly path: string; readonly rows: number }>;
  readonly real: (rows?: number) => Promise<VectorSet>;
  readonly stress: (rows?: number) => Promise<VectorSet>;
  readonly ourIndex: (copies: number) => Promise<OurIndex>;
}

/** One row of the report. */
export interface Row {
  readonly id: string;
  readonly about: string;
  /** In which runs it is. */
  readonly only?: "full";
  readonly run: (bench: Bench) => Promise<RowResult>;
}
