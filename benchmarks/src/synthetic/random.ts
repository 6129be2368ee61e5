/** A stream of random numbers that a seed fixes. */
export interface Random {
  /** 0 (included) to 1 (excluded), 32 bits. */
  uniform(): number;
  /** Mean 0, variance 1. */
  normal(): number;
  /** A whole number from 0 below `limit`. */
  below(limit: number): number;
}

/** Mulberry32 (Tommy Ettinger, public domain), and Box and Muller's transform for `normal`. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  let spare: number | undefined;
  const uniform = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const normal = (): number => {
    if (spare !== undefined) {
      const value = spare;
      spare = undefined;
      return value;
    }
    const radius = Math.sqrt(-2 * Math.log(1 - uniform()));
    const angle = 2 * Math.PI * uniform();
    spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  };
  return { uniform, normal, below: (limit) => Math.floor(uniform() * limit) };
}

/** The items in an order that the seed fixes (Fisher and Yates). */
export function shuffled<T>(items: readonly T[], seed: number): readonly T[] {
  const random = seededRandom(seed);
  const result = [...items];
  for (let last = result.length - 1; last > 0; last -= 1) {
    const other = random.below(last + 1);
    [result[last], result[other]] = [result[other] as T, result[last] as T];
  }
  return result;
}
