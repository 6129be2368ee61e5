import { expect, test } from "vitest";

import { defaultLimits, effectiveLimits } from "./effective-limits.ts";

const named = { timeoutMs: 1, stdoutBytes: 2, stderrBytes: 3 };

test("what a policy does not name has a limit all the same", () => {
  expect(effectiveLimits(named)).toEqual({ ...defaultLimits, ...named });
  for (const value of Object.values(defaultLimits)) {
    expect(value).toBeGreaterThan(0);
  }
});

test("what a policy names holds, lower or higher", () => {
  const limits = effectiveLimits({ ...named, memoryBytes: 5, processes: 4096 });
  expect([limits.memoryBytes, limits.processes]).toEqual([5, 4096]);
  expect(limits.openFiles).toBe(defaultLimits.openFiles);
});
