/** Ranked document ids, best first, without repetition. */
export type Ranking = readonly string[];

/** Relevance grades of one query's documents; what is absent has grade 0. */
export type Relevance = ReadonlyMap<string, number>;

/** nDCG with linear gains and log2 discounts, as trec_eval's `ndcg_cut`. */
export function ndcg(ranking: Ranking, relevance: Relevance, depth: number): number {
  const ideal = [...relevance.values()].filter((grade) => grade > 0).sort((a, b) => b - a);
  const best = discounted(ideal.slice(0, depth));
  return best === 0
    ? 0
    : discounted(ranking.slice(0, depth).map((id) => relevance.get(id) ?? 0)) / best;
}

/** Share of the relevant documents among the first `depth`. */
export function recall(ranking: Ranking, relevance: Relevance, depth: number): number {
  const relevant = [...relevance].filter(([, grade]) => grade > 0).map(([id]) => id);
  const found = new Set(ranking.slice(0, depth));
  return relevant.length === 0
    ? 0
    : relevant.filter((id) => found.has(id)).length / relevant.length;
}

/** 1 / place of the first relevant document, 0 when there is none among the first `depth`. */
export function reciprocalRank(ranking: Ranking, relevance: Relevance, depth: number): number {
  const place = ranking.slice(0, depth).findIndex((id) => (relevance.get(id) ?? 0) > 0);
  return place < 0 ? 0 : 1 / (place + 1);
}

/**
 * Ranks documents by their best chunk: the first appearance of a document counts. `paths` are the
 * hits' documents, best hit first.
 */
export function rankDocuments(paths: readonly string[]): Ranking {
  return [...new Set(paths)];
}

function discounted(gains: readonly number[]): number {
  return gains.reduce((sum, gain, index) => sum + gain / Math.log2(index + 2), 0);
}
