import { analyse } from "@clawkeep/keyword-index";

import { fuse, legWeights } from "../query/fuse.ts";
import type { Index } from "../query/open-index.ts";
import { searchSegments } from "../query/search-segments.ts";
import type { Ranking } from "./ranking-metrics.ts";
import { rankDocuments } from "./ranking-metrics.ts";

/**
 * Ranks documents as a query would with other constants of its fusion: one ranking for each of `spreads`. For
 * choosing the constant, not for answering.
 */
export function rankBySpread(
  index: Index,
  question: string,
  vector: Float32Array,
  spreads: readonly number[],
): readonly Ranking[] {
  const { candidates, largestBm25 } = searchSegments(index.parts, analyse(question), vector);
  return spreads.map((spread) => {
    const fused = fuse(candidates, largestBm25, legWeights(candidates, largestBm25, spread));
    return rankDocuments(fused.map((candidate) => index.row(candidate).path));
  });
}
