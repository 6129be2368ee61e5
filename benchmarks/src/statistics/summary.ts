/** What is said about repeated measurements of one thing. */
export interface Summary {
  readonly median: number;
  readonly low: number;
  readonly high: number;
  /** In the order in which they were measured. */
  readonly runs: readonly number[];
}

/**
 * Median and spread of some measurements.
 * @throws RangeError for none, or for one that is not finite: a figure over nothing would look like a result.
 */
export function summarise(runs: readonly number[]): Summary {
  if (runs.length === 0 || !runs.every(Number.isFinite)) {
    throw new RangeError(`expected finite measurements, got [${runs.join(", ")}]`);
  }
  return { median: median(runs), low: Math.min(...runs), high: Math.max(...runs), runs };
}

/** The middle value; the mean of the two middle ones for an even count; NaN for none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
}

/**
 * Ratio of two things measured in the same rounds: round by round first, so that a slow minute of the
 * machine falls on both. Rounds that only one of them has are left out.
 */
export function ratioByRound(over: readonly number[], under: readonly number[]): Summary {
  const rounds = Math.min(over.length, under.length);
  return summarise(
    Array.from({ length: rounds }, (_, round) => (over[round] ?? 0) / (under[round] ?? 0)),
  );
}
