/** How much is measured. */
export interface Sizes {
  readonly name: "tiny" | "quick" | "full";
  /** Chunks of the whole corpus; undefined for all. */
  readonly corpusChunks: number | undefined;
  /** Chunks that every engine embeds. */
  readonly indexingChunks: number;
  /** Of those, how many find each peer's best batch size; 0 takes the one in its file. */
  readonly calibrationChunks: number;
  /** Interleaved rounds of indexing, of what else takes seconds, and of what takes less. */
  readonly indexingRounds: number;
  readonly longRounds: number;
  readonly shortRounds: number;
  readonly real: { readonly rows: number; readonly queries: number };
  readonly stress: { readonly rows: number; readonly queries: number };
  /** Rows of the set that only ours and hnswlib-node are measured on; 0 for none. */
  readonly largest: number;
  /** Candidates while searching: on the real set, and on the stress sets. */
  readonly efs: readonly number[];
  readonly stressEfs: readonly number[];
  /** A rate is measured over at least this long. */
  readonly rateSeconds: number;
  readonly questions: number;
  readonly opens: number;
  /** Rows of the growth curves. */
  readonly growth: readonly number[];
  /** Copies of the corpus in the index whose memory is measured. */
  readonly memoryCopies: number;
  /** Whether what takes minutes and is no headline is measured: retired and slow variants, quality. */
  readonly thorough: boolean;
}

const grid = [10, 12, 16, 20, 24, 32, 40, 48, 64, 96, 128, 192, 256];

/** `tiny` shows that everything works: its figures mean nothing. */
export const sizes: Readonly<Record<Sizes["name"], Sizes>> = {
  tiny: {
    name: "tiny",
    corpusChunks: 560,
    indexingChunks: 24,
    indexingRounds: 1,
    calibrationChunks: 0,
    longRounds: 1,
    shortRounds: 2,
    real: { rows: 400, queries: 40 },
    stress: { rows: 500, queries: 20 },
    largest: 600,
    efs: [10, 32],
    stressEfs: [16, 64],
    rateSeconds: 0.02,
    questions: 4,
    opens: 2,
    growth: [100, 400],
    memoryCopies: 1,
    thorough: false,
  },
  quick: {
    name: "quick",
    corpusChunks: undefined,
    // As many as fit into the quarter of an hour: the start of a process must not weigh more than it does.
    indexingChunks: 900,
    indexingRounds: 2,
    calibrationChunks: 64,
    longRounds: 3,
    shortRounds: 5,
    real: { rows: 10_000, queries: 500 },
    stress: { rows: 100_000, queries: 500 },
    largest: 0,
    efs: [10, 16, 24, 32, 48, 64, 128],
    stressEfs: [10, 12, 16, 24, 32, 64, 128],
    rateSeconds: 0.25,
    questions: 30,
    opens: 10,
    growth: [1000, 3000, 10_000],
    memoryCopies: 5,
    thorough: false,
  },
  full: {
    name: "full",
    corpusChunks: undefined,
    indexingChunks: 1500,
    indexingRounds: 5,
    calibrationChunks: 192,
    longRounds: 5,
    shortRounds: 9,
    real: { rows: 10_000, queries: 500 },
    stress: { rows: 100_000, queries: 500 },
    largest: 1_000_000,
    efs: grid,
    stressEfs: [10, 12, 14, 16, 20, 24, 32, 48, 64, 96, 128],
    rateSeconds: 0.5,
    questions: 100,
    opens: 20,
    growth: [1000, 2000, 5000, 10_000, 20_000],
    memoryCopies: 5,
    thorough: true,
  },
};

/** Fixes every choice that could be otherwise: samples, held-out queries, orders. */
export const seed = 20_261_121;
