import type { KeywordTotals } from "./keyword-index.ts";

/** Saturation of the number of occurrences (Robertson and Zaragoza 2009, and Lucene's default). */
export const k1 = 1.2;
const bodyB = 0.75;
const titleB = 0.5;
const titleWeight = 3;

/** Average field lengths over a collection, in terms; 0 for an empty field. */
export interface AverageLengths {
  readonly title: number;
  readonly body: number;
}

/** Lucene's idf, `ln(1 + (N − n + 0.5) / (n + 0.5))`: greater than 0 for every n ≤ N. */
export function inverseDocumentFrequency(chunks: number, holding: number): number {
  return Math.log(1 + (chunks - holding + 0.5) / (holding + 0.5));
}

/** The average lengths that belong to summed totals. */
export function averageLengths(totals: KeywordTotals): AverageLengths {
  const chunks = Math.max(1, totals.chunks);
  return { title: totals.titleTerms / chunks, body: totals.bodyTerms / chunks };
}

/**
 * BM25F of one term in one chunk, less its idf: occurrences are divided by the length of their field
 * against its average, weighted (title 3, body 1), added, and saturated. Plain numbers, because this
 * is the inner loop.
 */
export function termScore(
  title: number,
  body: number,
  titleLength: number,
  bodyLength: number,
  averages: AverageLengths,
): number {
  let frequency = body / lengthNorm(bodyLength, averages.body, bodyB);
  if (title > 0) {
    frequency += (titleWeight * title) / lengthNorm(titleLength, averages.title, titleB);
  }
  return (frequency * (k1 + 1)) / (k1 + frequency);
}

function lengthNorm(length: number, average: number, b: number): number {
  return average > 0 ? 1 - b + (b * length) / average : 1;
}
