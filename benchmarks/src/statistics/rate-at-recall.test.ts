import fc from "fast-check";
import { expect, test } from "vitest";

import { rateAtRecall } from "./rate-at-recall.ts";

const curve = [
  { recall: 0.9, rate: 1000 },
  { recall: 0.96, rate: 100 },
  { recall: 0.99, rate: 10 },
];

test("a rate between two settings lies on the line of its logarithm", () => {
  const found = rateAtRecall(curve, 0.93);
  expect(found?.how).toBe("interpolated");
  expect(found?.rate).toBeCloseTo(Math.sqrt(1000 * 100), 6);
});

test("where every setting is above the target, the fastest counts and nothing is extrapolated", () => {
  expect(rateAtRecall(curve, 0.5)).toEqual({ rate: 1000, recall: 0.9, how: "nearest above" });
});

test("a target that is met exactly gives that setting", () => {
  expect(rateAtRecall(curve, 0.96)?.rate).toBe(100);
});

test("an index that never reaches the target has no rate", () => {
  expect(rateAtRecall(curve, 0.995)).toBeUndefined();
  expect(rateAtRecall([], 0.5)).toBeUndefined();
});

test("a setting that another beats in both does not count", () => {
  const slow = { recall: 0.95, rate: 1 };
  expect(rateAtRecall([...curve, slow], 0.93)).toEqual(rateAtRecall(curve, 0.93));
});

test("a rate is never above the fastest setting nor below the slowest, and falls with the target", () => {
  const points = fc.array(
    fc.record({
      recall: fc.double({ noNaN: true, min: 0.5, max: 1 }),
      rate: fc.double({ noNaN: true, min: 1, max: 1e6 }),
    }),
    { minLength: 1, maxLength: 12 },
  );
  const target = fc.double({ noNaN: true, min: 0.4, max: 1 });
  fc.assert(
    fc.property(points, target, target, (measured, one, other) => {
      const rates = measured.map(({ rate }) => rate);
      const low = rateAtRecall(measured, Math.min(one, other));
      const high = rateAtRecall(measured, Math.max(one, other));
      for (const found of [low, high]) {
        if (found !== undefined) {
          expect(found.rate).toBeLessThanOrEqual(Math.max(...rates) * (1 + 1e-9));
          expect(found.rate).toBeGreaterThanOrEqual(Math.min(...rates) * (1 - 1e-9));
        }
      }
      if (high !== undefined) {
        expect(low?.rate).toBeGreaterThanOrEqual(high.rate * (1 - 1e-9));
      }
    }),
  );
});
