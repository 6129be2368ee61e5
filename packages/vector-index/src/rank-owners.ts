import type { VectorHits } from "./vector-index.ts";

/** The `k` best chunks of rescored rows: a chunk has the score of its best row; ties by id. */
export function rankOwners(
  rows: ArrayLike<number>,
  scores: Float32Array,
  ownerOf: (row: number) => number,
  k: number,
): VectorHits {
  const best = new Map<number, number>();
  for (let index = 0; index < rows.length; index += 1) {
    const owner = ownerOf(rows[index] ?? 0);
    const score = scores[index] ?? 0;
    const known = best.get(owner);
    if (known === undefined || score > known) {
      best.set(owner, score);
    }
  }
  const ranked = [...best].sort((a, b) => b[1] - a[1] || a[0] - b[0]).slice(0, k);
  return {
    ids: Int32Array.from(ranked, ([id]) => id),
    scores: Float32Array.from(ranked, ([, score]) => score),
  };
}
