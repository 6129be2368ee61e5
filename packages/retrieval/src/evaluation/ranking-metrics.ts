/** Ranked document ids, best first, without repetition. */
export type Ranking = readonly string[];

/** Relevance grades of one query's documents; what is absent has grade 0. */
export type Relevance = ReadonlyMap<string, number>;

/** Macro means over the judged queries. */
export interface RankingMetrics {
  readonly queries: number;
  readonly ndcgAt10: number;
  readonly recallAt100: number;
  readonly mrrAt10: number;
}

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

/**
 * Means over the queries that have at least one relevant document.
 *
 * @throws RangeError when no query is judged: a figure over nothing would look like a result.
 */
export function rankingMetrics(
  rankings: ReadonlyMap<string, Ranking>,
  judgements: ReadonlyMap<string, Relevance>,
): RankingMetrics {
  let [queries, ndcgSum, recallSum, reciprocalSum] = [0, 0, 0, 0];
  for (const [query, relevance] of judgements) {
    if (![...relevance.values()].some((grade) => grade > 0)) {
      continue;
    }
    const ranking = rankings.get(query) ?? [];
    queries += 1;
    ndcgSum += ndcg(ranking, relevance, 10);
    recallSum += recall(ranking, relevance, 100);
    reciprocalSum += reciprocalRank(ranking, relevance, 10);
  }
  if (queries === 0) {
    throw new RangeError("no judged query: nothing to measure");
  }
  return {
    queries,
    ndcgAt10: ndcgSum / queries,
    recallAt100: recallSum / queries,
    mrrAt10: reciprocalSum / queries,
  };
}

function discounted(gains: readonly number[]): number {
  return gains.reduce((sum, gain, index) => sum + gain / Math.log2(index + 2), 0);
}
