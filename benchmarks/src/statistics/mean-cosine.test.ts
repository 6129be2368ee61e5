import { expect, test } from "vitest";

import { meanCosine } from "./mean-cosine.ts";

test("equal rows have cosine 1, opposite ones −1, and the mean is over the rows of both", () => {
  const a = Float32Array.of(1, 0, 0, 1, 0.6, 0.8);
  expect(meanCosine(a, Float32Array.of(1, 0, 0, -1), 2)).toBe(0);
  expect(meanCosine(a, a, 2)).toBeCloseTo(1, 6);
});
