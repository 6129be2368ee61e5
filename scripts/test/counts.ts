/** How many tests ended in which way. */
export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

export const emptyCounts: Counts = { passed: 0, failed: 0, skipped: 0 };

/** The counts in one line of a package's log; zero for every line but vitest's closing `Tests …` line. */
export function countsIn(line: string): Counts {
  if (!/(?:^|\s)Tests {2}\d/u.test(line)) {
    return emptyCounts;
  }
  const count = (word: string): number =>
    Number(new RegExp(`(\\d+) ${word}`, "u").exec(line)?.[1] ?? 0);
  return { passed: count("passed"), failed: count("failed"), skipped: count("skipped") };
}

export function addCounts(a: Counts, b: Counts): Counts {
  return {
    passed: a.passed + b.passed,
    failed: a.failed + b.failed,
    skipped: a.skipped + b.skipped,
  };
}
