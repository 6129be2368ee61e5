import { expect, test } from "vitest";

import type { SpreadFigures } from "./choose-spread.ts";
import { chooseSpread, leaveOneOut, spreads } from "./choose-spread.ts";

const best = (name: string, family: string, at: number): SpreadFigures => ({
  name,
  family,
  rrf: 0.5,
  bySpread: spreads.map((_, place) => 0.6 - 0.01 * Math.abs(place - at)),
});

test("the constant is the one with the largest mean gain, the first of equal ones", () => {
  expect(chooseSpread([best("a", "a", 3)])).toBe(3);
  expect(chooseSpread([best("a", "a", 1), best("b", "b", 3)])).toBe(1);
});

test("a collection and its family have no say in their own constant", () => {
  const figures = [best("a", "a", 0), best("b1", "b", 5), best("b2", "b", 5)];
  expect(leaveOneOut(figures)).toEqual([5, 0, 0]);
});
