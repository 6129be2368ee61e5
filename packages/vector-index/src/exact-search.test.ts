import { expect, test } from "vitest";

import { exactSearch } from "./exact-search.ts";

test("the oracle ranks by product, ties by id, and stops at k", () => {
  const rows = Float32Array.of(1, 0, 0, 1, 0.6, 0.8, 1, 0);
  const { ids, scores } = exactSearch(rows, 2, Float32Array.of(1, 0), 3);
  expect([...ids]).toEqual([0, 3, 2]);
  expect([...scores]).toEqual([1, 1, Math.fround(0.6)]);
  expect(exactSearch(rows, 2, Float32Array.of(0, 1), 0).ids).toHaveLength(0);
});
