import { readCollection } from "@clawkeep/retrieval";
import type { Index } from "@clawkeep/retrieval";
import { ndcg, rankBySpread, rankLegs } from "@clawkeep/retrieval";

import type { MeasuredCollection } from "./collections.ts";

/** What the constant is chosen among. */
export const spreads: readonly number[] = [0.4, 0.5, 0.6, 0.7, 0.8, 1, 1.2];

/** Mean nDCG@10 on one collection: of a fusion of ranks, and for each of {@link spreads}. */
export interface SpreadFigures {
  readonly name: string;
  readonly family: string;
  readonly rrf: number;
  readonly bySpread: readonly number[];
}

/** Measures every constant on a collection. */
export async function measureSpreads(
  { name, family, folder }: MeasuredCollection,
  index: Index,
  embed: (text: string) => Promise<Float32Array>,
): Promise<SpreadFigures> {
  const { questions } = readCollection(folder);
  const sums = spreads.map(() => 0);
  let rrf = 0;
  for (const { text, relevance } of questions) {
    const vector = await embed(text);
    rrf += ndcg(rankLegs(index, text, vector).rrf, relevance, 10) / questions.length;
    rankBySpread(index, text, vector, spreads).forEach((ranking, place) => {
      sums[place] = (sums[place] ?? 0) + ndcg(ranking, relevance, 10) / questions.length;
    });
  }
  return { name, family, rrf, bySpread: sums };
}

/** Index of the constant with the largest mean gain over a fusion of ranks; the first of equal ones. */
export function chooseSpread(figures: readonly SpreadFigures[]): number {
  const gains = spreads.map((_, place) =>
    figures.reduce((sum, { rrf, bySpread }) => sum + ((bySpread[place] ?? 0) - rrf), 0),
  );
  return gains.indexOf(Math.max(...gains));
}

/** The constant for each collection, chosen on those of other families. */
export function leaveOneOut(figures: readonly SpreadFigures[]): readonly number[] {
  return figures.map(({ family }) =>
    chooseSpread(figures.filter((other) => other.family !== family)),
  );
}
