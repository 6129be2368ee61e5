import { expect, test } from "vitest";

import { ratesAt } from "./search-curves.ts";

const points = [
  { ef: 10, recall: 0.9, rates: [1000, 500], cpuMicroseconds: 1, rssAnonMiB: 9 },
  { ef: 20, recall: 0.98, rates: [100, 50], cpuMicroseconds: 2, rssAnonMiB: 9 },
];

test("a rate is read off the curve of each round", () => {
  const found = ratesAt(points, 0.94);
  expect(found?.how.how).toBe("interpolated");
  expect(found?.rates.map((rate) => Math.round(rate))).toEqual([316, 158]);
});

test("a recall that is not reached has no rate, nor has an index that was not measured", () => {
  expect(ratesAt(points, 0.99)).toBeUndefined();
  expect(ratesAt([], 0.5)).toBeUndefined();
});
