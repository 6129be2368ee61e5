import { analyse } from "@clawkeep/keyword-index";

import type { Index } from "../query/open-index.ts";
import { searchSegments } from "../query/search-segments.ts";
import type { Ranking } from "./ranking-metrics.ts";
import { rankDocuments } from "./ranking-metrics.ts";

/** The constant of reciprocal rank fusion, as its authors set it (Cormack et al. 2009). */
const rrfConstant = 60;

/** What each leg makes of a question, and what a fusion of ranks alone would. */
export interface LegRankings {
  readonly keyword: Ranking;
  readonly dense: Ranking;
  /** Sum of `1 / (60 + rank)` over both legs' documents. */
  readonly rrf: Ranking;
}

/** Ranks documents by each leg's 100 passages, and by reciprocal rank fusion of both. */
export function rankLegs(index: Index, question: string, vector: Float32Array): LegRankings {
  const { candidates } = searchSegments(index.parts, analyse(question), vector);
  const documentsBy = (rank: "keywordRank" | "vectorRank"): Ranking =>
    rankDocuments(
      candidates
        .filter((candidate) => candidate[rank] !== undefined)
        .toSorted((a, b) => (a[rank] ?? 0) - (b[rank] ?? 0))
        .map((candidate) => index.row(candidate).path),
    );
  const legs = [documentsBy("keywordRank"), documentsBy("vectorRank")] as const;
  const sums = new Map<string, number>();
  for (const leg of legs) {
    leg.forEach((document, place) => {
      sums.set(document, (sums.get(document) ?? 0) + 1 / (rrfConstant + place + 1));
    });
  }
  const order = [...sums].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
  return { keyword: legs[0], dense: legs[1], rrf: order.map(([document]) => document) };
}
