import fc from "fast-check";
import { expect, test } from "vitest";

import { topChunks } from "./top-chunks.ts";

test("the best chunks are those of a full sort, compared as f32, ties by id", () => {
  const score = fc.oneof(
    fc.constantFrom(0, 1, 1 + 1e-12, 2),
    fc.double({ min: 0, max: 9, noNaN: true }),
  );
  fc.assert(
    fc.property(fc.array(score, { maxLength: 60 }), fc.nat(20), (list, k) => {
      const even = (id: number): boolean => id % 3 !== 1;
      const expected = list
        .map((value, id) => ({ id, score: Math.fround(value) }))
        .filter((one) => one.score > 0 && even(one.id))
        .sort((a, b) => b.score - a.score || a.id - b.id)
        .slice(0, k);
      const { ids, scores } = topChunks(Float64Array.from(list), k, even);
      expect([...ids]).toEqual(expected.map((one) => one.id));
      expect([...scores]).toEqual(expected.map((one) => one.score));
    }),
  );
});
