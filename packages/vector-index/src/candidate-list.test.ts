import fc from "fast-check";
import { expect, test } from "vitest";

import { CandidateList } from "./candidate-list.ts";

test("a list keeps the best, larger keys first, equal keys by ascending id", () => {
  const keys = fc.array(fc.integer({ min: -3, max: 3 }), { maxLength: 40 });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 12 }), keys, (capacity, list) => {
      const found = new CandidateList(capacity);
      list.forEach((key, id) => {
        const admitted = found.admits(key, id);
        expect(found.insert(key, id) >= 0).toBe(admitted);
      });
      const expected = list
        .map((key, id) => ({ key, id }))
        .sort((a, b) => b.key - a.key || a.id - b.id)
        .slice(0, capacity);
      const got = expected.map((_, at) => ({ key: found.keys[at], id: found.ids[at] }));
      expect(got).toEqual(expected);
      expect(found.size).toBe(expected.length);
    }),
  );
});

test("each candidate is expanded once, also when others move it", () => {
  const list = new CandidateList(3);
  list.insert(5, 1);
  expect(list.expandNext(0)).toBe(0);
  list.insert(9, 2);
  list.insert(1, 3);
  expect(list.expandNext(0)).toBe(0);
  expect(list.ids[list.expandNext(0)]).toBe(3);
  expect(list.expandNext(0)).toBe(-1);
});
