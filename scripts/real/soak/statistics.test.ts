import { expect, test } from "vitest";

import { floorsOf, quantile, slopeOf } from "./statistics.ts";

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

test("the floors of a saw that rises by one a tooth rise by one a tooth", () => {
  const saw = Array.from({ length: 40 }, (_, at) => ({
    seconds: at,
    bytes: Math.floor(at / 5) + 100 * (at % 5),
  }));
  const floors = floorsOf(saw, 5);
  expect(floors.map(({ bytes }) => bytes)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  expect(slopeOf(floors)).toBeCloseTo(0.2);
});
