import fc from "fast-check";
import { expect, test } from "vitest";

import { flatSearch } from "./flat-search.ts";

test("the largest products come first, equal ones by id", () => {
  const vectors = Float32Array.of(1, 0, 0, 1, 1, 0, 0.5, 0.5);
  expect(flatSearch(vectors, 2, Float32Array.of(1, 0), 3)).toEqual(Int32Array.of(0, 2, 3));
});

test("fewer rows than asked for are all of them", () => {
  expect(flatSearch(Float32Array.of(1, 0), 2, Float32Array.of(1, 0), 5)).toEqual(Int32Array.of(0));
});

test("it finds what sorting every product finds", () => {
  const cell = fc.integer({ min: -8, max: 8 });
  const rows = fc.array(fc.tuple(cell, cell, cell, cell, cell), { minLength: 1, maxLength: 30 });
  const query = fc.tuple(cell, cell, cell, cell, cell);
  fc.assert(
    fc.property(rows, query, fc.integer({ min: 1, max: 12 }), (table, asked, k) => {
      const products = table.map((row) => row.reduce((sum, x, i) => sum + x * (asked[i] ?? 0), 0));
      const expected = products
        .map((product, id) => ({ product, id }))
        .sort((a, b) => b.product - a.product || a.id - b.id)
        .slice(0, k)
        .map(({ id }) => id);
      const found = flatSearch(Float32Array.from(table.flat()), 5, Float32Array.from(asked), k);
      expect([...found]).toEqual(expected);
    }),
  );
});
