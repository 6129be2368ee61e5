import { expect, test } from "vitest";

import { quantile, slopeOf } from "./statistics.ts";

test("the slope of a line is its slope, and of noise about a level none", () => {
  const line = Array.from({ length: 40 }, (_, at) => ({ seconds: at / 2, bytes: 1000 + 3 * at }));
  expect(slopeOf(line)).toBeCloseTo(6);
  const saw = Array.from({ length: 400 }, (_, at) => ({ seconds: at, bytes: at % 4 }));
  expect(Math.abs(slopeOf(saw))).toBeLessThan(0.001);
  expect(slopeOf([{ seconds: 1, bytes: 1 }])).toBeNaN();
});

test("quantiles are values that were there", () => {
  const values = Array.from({ length: 100 }, (_, at) => 100 - at);
  expect([0.5, 0.95, 0.99, 1].map((share) => quantile(values, share))).toEqual([50, 95, 99, 100]);
  expect(quantile([], 0.5)).toBeNaN();
});
