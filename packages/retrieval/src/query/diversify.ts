import type { FusedCandidate } from "./fuse.ts";

/** Candidates among which a different passage is looked for, for each that is wanted. */
const poolPerHit = 4;
const smallestPool = 40;

/** How many of the best candidates {@link diversify} needs to choose `topK` among. */
export function diversityPool(topK: number): number {
  return Math.max(smallestPool, poolPerHit * topK);
}

/**
 * Maximal marginal relevance (Carbonell and Goldstein 1998): each passage in turn is the one with the
 * largest `(1 - diversity) * score - diversity * (cosine with the nearest chosen one)`. The first is
 * the best one, whatever the diversity; ties keep the order given.
 *
 * @param pool Best first.
 * @param diversity 0 (the order given) to 1 (as unlike as possible).
 * @param vectorOf A candidate's unit vector; one without is like no other.
 */
export function diversify<T extends FusedCandidate>(
  pool: readonly T[],
  topK: number,
  diversity: number,
  vectorOf: (candidate: T) => Float32Array | undefined,
): readonly T[] {
  const chosen: T[] = [];
  const left = pool.map((candidate) => ({ candidate, vector: vectorOf(candidate), nearest: 0 }));
  while (chosen.length < topK && left.length > 0) {
    let [best, bestValue] = [0, -Infinity];
    left.forEach(({ candidate, nearest }, index) => {
      const value = (1 - diversity) * candidate.fused - diversity * nearest;
      // The first choice is the best candidate even where nothing but difference counts.
      if (chosen.length > 0 ? value > bestValue : index === 0) {
        [best, bestValue] = [index, value];
      }
    });
    const [taken] = left.splice(best, 1);
    if (taken === undefined) {
      break;
    }
    chosen.push(taken.candidate);
    for (const other of left) {
      other.nearest = Math.max(other.nearest, cosine(taken.vector, other.vector));
    }
  }
  return chosen;
}

function cosine(a: Float32Array | undefined, b: Float32Array | undefined): number {
  let sum = 0;
  if (a !== undefined && b !== undefined) {
    for (let index = 0; index < a.length; index += 1) {
      sum += (a[index] ?? 0) * (b[index] ?? 0);
    }
  }
  return sum;
}
