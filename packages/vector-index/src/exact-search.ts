import type { VectorHits } from "./vector-index.ts";

/**
 * The `k` rows nearest to `query` by products in f64 over the vectors as they are, unquantised: the
 * oracle that recall is measured against. Equal scores by ascending id.
 */
export function exactSearch(
  vectors: Float32Array,
  dimensions: number,
  query: Float32Array,
  k: number,
): VectorHits {
  const scored = Array.from({ length: vectors.length / dimensions }, (_, row) => {
    let sum = 0;
    for (let index = 0; index < dimensions; index += 1) {
      sum += (vectors[row * dimensions + index] ?? 0) * (query[index] ?? 0);
    }
    return [row, sum] as const;
  });
  const best = scored.sort((a, b) => b[1] - a[1] || a[0] - b[0]).slice(0, k);
  return {
    ids: Int32Array.from(best, ([row]) => row),
    scores: Float32Array.from(best, ([, score]) => score),
  };
}
