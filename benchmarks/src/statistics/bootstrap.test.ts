import fc from "fast-check";
import { expect, test } from "vitest";

import { meanOfGroups } from "./bootstrap.ts";

test("a group counts once, however many members it has", () => {
  expect(meanOfGroups([[1, 1, 1, 1], [3]], 10, 1).mean).toBe(2);
});

test("no difference has no width, and the same seed gives the same interval", () => {
  expect(meanOfGroups([[0.5, 0.5]], 50, 1)).toEqual({ mean: 0.5, low: 0.5, high: 0.5 });
  const groups = [
    [1, 2, 3, 4],
    [0, 5],
  ];
  expect(meanOfGroups(groups, 50, 7)).toEqual(meanOfGroups(groups, 50, 7));
});

test("the interval lies between the smallest and the largest difference", () => {
  const group = fc.array(fc.double({ noNaN: true, min: -1, max: 1 }), {
    minLength: 1,
    maxLength: 9,
  });
  fc.assert(
    fc.property(fc.array(group, { minLength: 1, maxLength: 3 }), fc.integer(), (groups, seed) => {
      const { low, high } = meanOfGroups(groups, 40, seed);
      expect(low).toBeLessThanOrEqual(high);
      expect(low).toBeGreaterThanOrEqual(Math.min(...groups.flat()) - 1e-9);
      expect(high).toBeLessThanOrEqual(Math.max(...groups.flat()) + 1e-9);
    }),
  );
});

test("nothing to compare is no figure", () => {
  expect(() => meanOfGroups([], 10, 1)).toThrow(RangeError);
  expect(() => meanOfGroups([[]], 10, 1)).toThrow(RangeError);
});
