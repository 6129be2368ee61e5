/** A chunk that at least one leg found, scored by both; without a cosine where there are no vectors. */
export interface Candidate {
  /** Index into the snapshot's segments. */
  readonly segment: number;
  /** Chunk inside that segment. */
  readonly chunk: number;
  readonly cosine?: number;
  readonly bm25: number;
  readonly vectorRank?: number;
  readonly keywordRank?: number;
}

/** A candidate with its rank score. */
export interface FusedCandidate extends Candidate {
  readonly fused: number;
}

/**
 * Weight of the keyword leg. Anything from .3 to 1.0 is a plateau over seven public collections of
 * documents and code; .45 is its middle on a log scale.
 */
export const keywordWeight = 0.45;

/** Highest value that `fused` takes: cosine 1 and the query's best keyword score. */
export const largestFused: number = 1 + keywordWeight;

/** No term brings more than `k1 + 1` times its inverse document frequency. */
const largestTermScore = 2.2;

/**
 * Linear fusion over the union of both legs' candidates, both scores filled in for each:
 * `cosine + 0.45 * bm25 / largestBm25`. Reciprocal rank fusion loses up to .07 nDCG where one leg
 * is weak; this does not. Ties keep segment and chunk order, so the result depends on nothing else.
 */
export function fuse(
  candidates: readonly Candidate[],
  largestBm25: number,
): readonly FusedCandidate[] {
  const scale = largestBm25 > 0 ? keywordWeight / largestBm25 : 0;
  return inOrder(
    candidates.map((candidate) => ({
      ...candidate,
      fused: (candidate.cosine ?? 0) + scale * candidate.bm25,
    })),
  );
}

/**
 * The order of the keyword leg alone, for want of vectors: `bm25` against the most that a passage can
 * have for this query, as far as `fused` goes.
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
  const scale = bound > 0 ? largestFused / bound : 0;
  return inOrder(candidates.map((candidate) => ({ ...candidate, fused: scale * candidate.bm25 })));
}

function inOrder(candidates: readonly FusedCandidate[]): readonly FusedCandidate[] {
  return candidates.toSorted(
    (a, b) => b.fused - a.fused || a.segment - b.segment || a.chunk - b.chunk,
  );
}

/** The score that a reader sees: `fused / 1.45`, clamped to 0…1, to six decimals. */
export function reportedScore(fused: number): number {
  return Math.round(Math.min(1, Math.max(0, fused / largestFused)) * 1e6) / 1e6;
}
