/** A chunk that at least one leg found, scored by both. */
export interface Candidate {
  /** Index into the snapshot's segments. */
  readonly segment: number;
  /** Chunk inside that segment. */
  readonly chunk: number;
  readonly cosine: number;
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
  return candidates
    .map((candidate) => ({ ...candidate, fused: candidate.cosine + scale * candidate.bm25 }))
    .sort((a, b) => b.fused - a.fused || a.segment - b.segment || a.chunk - b.chunk);
}

/** The score that a reader sees: `fused / 1.45`, clamped to 0…1, to six decimals. */
export function reportedScore(fused: number): number {
  return Math.round(Math.min(1, Math.max(0, fused / largestFused)) * 1e6) / 1e6;
}
