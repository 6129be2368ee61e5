import fc from "fast-check";
import { expect, test } from "vitest";

import { median, ratioByRound, summarise } from "./summary.ts";

test("the median of an odd and of an even count", () => {
  expect(median([9, 1, 5])).toBe(5);
  expect(median([4, 1, 3, 2])).toBe(2.5);
  expect(median([])).toBeNaN();
});

test("half of the values are on either side of the median, whatever their order", () => {
  const values = fc.array(fc.double({ noNaN: true, min: -1e6, max: 1e6 }), { minLength: 1 });
  fc.assert(
    fc.property(values, (runs) => {
      const middle = median(runs);
      expect(runs.filter((run) => run < middle).length).toBeLessThanOrEqual(runs.length / 2);
      expect(runs.filter((run) => run > middle).length).toBeLessThanOrEqual(runs.length / 2);
      expect(median([...runs].reverse())).toBe(middle);
    }),
  );
});

test("a summary keeps the runs in their order, with the spread", () => {
  expect(summarise([3, 1, 2])).toEqual({ median: 2, low: 1, high: 3, runs: [3, 1, 2] });
});

test("nothing measured is no figure", () => {
  expect(() => summarise([])).toThrow(RangeError);
  expect(() => summarise([1, Number.NaN])).toThrow("got [1, NaN]");
});

test("a ratio is taken round by round, so that a slow round of both does not change it", () => {
  const ratio = ratioByRound([10, 100, 10], [5, 50, 5]);
  expect(ratio).toEqual({ median: 2, low: 2, high: 2, runs: [2, 2, 2] });
  expect(ratioByRound([10, 20], [5]).runs).toEqual([2]);
});
