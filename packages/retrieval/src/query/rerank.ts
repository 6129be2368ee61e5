import type { FusedCandidate } from "./fuse.ts";

/** Says how well each passage answers the query, larger is better: the logits of a cross-encoder. */
export type Reranker = (query: string, passages: readonly string[]) => Promise<ArrayLike<number>>;

/** Candidates that a cross-encoder reads: each costs it as much as a whole query costs the rest. */
export const rerankDepth = 30;

/** A candidate with what the cross-encoder said of it. */
export interface RerankedCandidate extends FusedCandidate {
  readonly rerank?: number;
}

/**
 * Puts the candidates in the order of the cross-encoder; `fused` becomes its logit as a probability.
 * Ties keep the order given. A model that gives no number leaves the order alone.
 */
export async function rerank(
  query: string,
  pool: readonly FusedCandidate[],
  textOf: (candidate: FusedCandidate) => string,
  reranker: Reranker,
): Promise<readonly RerankedCandidate[]> {
  const read = pool.slice(0, rerankDepth);
  const scores = await reranker(query, read.map(textOf));
  const ordered = read.map((candidate, index): RerankedCandidate => {
    const logit = scores[index];
    return logit === undefined || !Number.isFinite(logit)
      ? candidate
      : { ...candidate, rerank: logit, fused: 1 / (1 + Math.exp(-logit)) };
  });
  return ordered.toSorted((a, b) => b.fused - a.fused);
}
