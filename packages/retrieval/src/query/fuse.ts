/** A chunk that at least one leg found, scored by both; without a cosine where there are no vectors. */
export interface Candidate {
  /** Index into the snapshot's segments. */
  readonly segment: number;
  /** Chunk inside that segment. */
  readonly chunk: number;
  readonly cosine?: number | undefined;
  readonly bm25: number;
  readonly vectorRank?: number | undefined;
  readonly keywordRank?: number | undefined;
}

/** A candidate with its rank score. */
export interface FusedCandidate extends Candidate {
  readonly fused: number;
}

/** Share of each leg in `fused`; they add up to 1. */
export interface LegWeights {
  readonly vector: number;
  readonly keyword: number;
}

/**
 * How much the keyword leg's spread counts against the vectors'. Chosen on collections of documents and code
 * by `npm run test:real -- quality`, for each of them without it: `docs/retrieval-quality.md` has the table.
 * Anything from .5 to .7 is a plateau.
 */
export const shippedSpread = 0.6;

/** The keyword leg's weight against 1 where nothing is known of the spread: few candidates. */
const priorWeight = 0.45;
/** Candidates that tell as much as the prior does. */
const priorCandidates = 10;
/** Neither leg is ever asked alone. */
const leastWeight = 0.15;
const mostWeight = 0.9;

/** No term brings more than `k1 + 1` times its inverse document frequency. */
const largestTermScore = 2.2;

/**
 * The weights of the legs for one query: a unit of a leg's score says as much as it stands out among that
 * leg's scores of the query's candidates, so each leg is measured by its standard deviation. A question whose
 * words are everywhere has keyword scores that differ little for their size; one whose passages
 * are all near it has cosines that do.
 *
 * @param keywordSpread Other than {@link shippedSpread} only where constants are chosen.
 */
export function legWeights(
  candidates: readonly Candidate[],
  largestBm25: number,
  keywordSpread: number = shippedSpread,
): LegWeights {
  const spread = spreadOf(candidates, ({ bm25 }) => bm25);
  const many = candidates.length;
  const found =
    spread > 0 ? (spreadOf(candidates, ({ cosine = 0 }) => cosine) * largestBm25) / spread : 0;
  const weight =
    (many * keywordSpread * found + priorCandidates * priorWeight) / (many + priorCandidates);
  const keyword = Math.min(mostWeight, Math.max(leastWeight, weight));
  return { vector: 1 / (1 + keyword), keyword: keyword / (1 + keyword) };
}

/**
 * Linear fusion over the union of both legs' candidates, both scores filled in for each:
 * `vector * cosine + keyword * bm25 / largestBm25` by the query's weights. Reciprocal rank fusion loses up to .07 nDCG where one
 * leg is weak; this does not. Ties keep segment and chunk order, so the result depends on nothing else.
 */
export function fuse(
  candidates: readonly Candidate[],
  largestBm25: number,
  { vector, keyword }: LegWeights,
): readonly FusedCandidate[] {
  const scale = largestBm25 > 0 ? keyword / largestBm25 : 0;
  return inOrder(candidates, ({ cosine = 0, bm25 }) => vector * cosine + scale * bm25);
}

/**
 * The order of the keyword leg alone, for want of vectors: `bm25` against the most that a passage can
 * have for this query.
 *
 * @param idf Inverse document frequency of each term.
 * @param terms The query's terms, repeats included.
 */
export function rankByKeywords(
  candidates: readonly Candidate[],
  idf: ReadonlyMap<string, number>,
  terms: readonly string[],
): readonly FusedCandidate[] {
  const bound = largestTermScore * terms.reduce((sum, term) => sum + (idf.get(term) ?? 0), 0);
  const scale = bound > 0 ? 1 / bound : 0;
  return inOrder(candidates, ({ bm25 }) => scale * bm25);
}

function inOrder(
  candidates: readonly Candidate[],
  scoreOf: (candidate: Candidate) => number,
): readonly FusedCandidate[] {
  // Member by member: a spread takes several times as long, and there are some hundred for each query.
  const fused = candidates.map((candidate): FusedCandidate => {
    const { segment, chunk, cosine, bm25, vectorRank, keywordRank } = candidate;
    return { segment, chunk, cosine, bm25, vectorRank, keywordRank, fused: scoreOf(candidate) };
  });
  return fused.sort((a, b) => b.fused - a.fused || a.segment - b.segment || a.chunk - b.chunk);
}

/** Standard deviation. Sorted first: the sum depends on nothing but the values. */
function spreadOf(
  candidates: readonly Candidate[],
  valueOf: (candidate: Candidate) => number,
): number {
  const ordered = new Float64Array(candidates.length);
  for (const [index, candidate] of candidates.entries()) {
    ordered[index] = valueOf(candidate);
  }
  ordered.sort();
  let sum = 0;
  for (const value of ordered) {
    sum += value;
  }
  const mean = sum / ordered.length;
  let squares = 0;
  for (const value of ordered) {
    squares += (value - mean) ** 2;
  }
  return ordered.length === 0 ? 0 : Math.sqrt(squares / ordered.length);
}

/** The score that a reader sees: `fused`, clamped to 0…1, to six decimals. */
export function reportedScore(fused: number): number {
  return Math.round(Math.min(1, Math.max(0, fused)) * 1e6) / 1e6;
}
