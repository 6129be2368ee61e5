/** A reading of memory: seconds since the beginning, bytes. */
export interface Reading {
  readonly seconds: number;
  readonly bytes: number;
}

/**
 * Bytes a second by which memory grows: the slope of least squares over all readings.
 *
 * @returns NaN for fewer than two moments
 */
export function slopeOf(readings: readonly Reading[]): number {
  const mean = (of: (reading: Reading) => number): number =>
    readings.reduce((sum, reading) => sum + of(reading), 0) / readings.length;
  const [middle, level] = [mean(({ seconds }) => seconds), mean(({ bytes }) => bytes)];
  let [product, square] = [0, 0];
  for (const { seconds, bytes } of readings) {
    product += (seconds - middle) * (bytes - level);
    square += (seconds - middle) ** 2;
  }
  return square === 0 ? Number.NaN : product / square;
}

/** The least reading of each span of so many seconds, in order: memory without the garbage of the moment. */
export function floorsOf(readings: readonly Reading[], span: number): readonly Reading[] {
  const floors = new Map<number, Reading>();
  for (const reading of readings) {
    const place = Math.floor(reading.seconds / span);
    const least = floors.get(place);
    if (least === undefined || reading.bytes < least.bytes) floors.set(place, reading);
  }
  return [...floors].toSorted(([a], [b]) => a - b).map(([, floor]) => floor);
}

/** The value that a share of all values does not exceed (nearest rank). */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}
