/** One setting of an index: how often it is right, and how fast. */
export interface CurvePoint {
  /** Part of the true neighbours that it found, 0 to 1. */
  readonly recall: number;
  /** Queries a second. */
  readonly rate: number;
}

/** A rate at a recall, and how it was come by. */
export interface RateAtRecall {
  readonly rate: number;
  /** The recall that the rate belongs to: the one asked for, or that of the nearest point above. */
  readonly recall: number;
  readonly how: "interpolated" | "nearest above";
}

/**
 * The best rate at a recall of at least `target`. Between two settings of which one misses the target
 * the rate is interpolated, its logarithm linearly over recall; nothing is extrapolated: where every
 * setting is above, the fastest of them counts. Undefined when none reaches the target.
 */
export function rateAtRecall(
  points: readonly CurvePoint[],
  target: number,
): RateAtRecall | undefined {
  const front = frontOf(points);
  const above = front.find(({ recall }) => recall >= target);
  if (above === undefined) {
    return undefined;
  }
  const below = front.findLast(({ recall }) => recall < target);
  if (below === undefined || above.recall === target) {
    return { rate: above.rate, recall: above.recall, how: "nearest above" };
  }
  const part = (target - below.recall) / (above.recall - below.recall);
  const rate = Math.exp(Math.log(below.rate) * (1 - part) + Math.log(above.rate) * part);
  return { rate, recall: target, how: "interpolated" };
}

/** The points that no other point beats in both, by ascending recall. */
function frontOf(points: readonly CurvePoint[]): readonly CurvePoint[] {
  return [...points]
    .filter(
      (point) =>
        !points.some(
          (other) =>
            other !== point &&
            other.recall >= point.recall &&
            other.rate >= point.rate &&
            (other.recall > point.recall || other.rate > point.rate),
        ),
    )
    .sort((a, b) => a.recall - b.recall || a.rate - b.rate);
}
