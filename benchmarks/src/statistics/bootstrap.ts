import { seededRandom } from "../synthetic/random.ts";

/** A mean with the interval that 95% of resamples fall in. */
export interface MeanInterval {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

/**
 * Mean over groups of each group's mean difference, and its 95% interval by resampling the members of
 * each group (paired percentile bootstrap: Efron and Tibshirani, 1993, chapter 13).
 * @throws RangeError for no group or an empty one.
 */
export function meanOfGroups(
  groups: readonly (readonly number[])[],
  resamples: number,
  seed: number,
): MeanInterval {
  if (groups.length === 0 || groups.some((group) => group.length === 0)) {
    throw new RangeError("expected groups with members");
  }
  const random = seededRandom(seed);
  const mean = average(groups.map(average));
  const means = Array.from({ length: resamples }, () =>
    average(
      groups.map((group) => average(group.map(() => group[random.below(group.length)] ?? 0))),
    ),
  ).sort((a, b) => a - b);
  const at = (part: number): number => means[Math.floor(part * (means.length - 1))] ?? mean;
  return { mean, low: at(0.025), high: at(0.975) };
}

function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
