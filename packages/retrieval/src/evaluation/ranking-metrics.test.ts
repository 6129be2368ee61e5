import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { ndcg, rankDocuments, recall, reciprocalRank } from "./ranking-metrics.ts";

const relevance = new Map([
  ["a", 1],
  ["b", 1],
  ["c", 0],
]);

describe("ranking metrics", () => {
  test("agree with figures worked out by hand", () => {
    const ranking = ["x", "a", "c", "b"];
    const ideal = 1 + 1 / Math.log2(3);
    expect(ndcg(ranking, relevance, 10)).toBeCloseTo((1 / Math.log2(3) + 1 / Math.log2(5)) / ideal);
    expect(recall(ranking, relevance, 2)).toBe(0.5);
    expect(reciprocalRank(ranking, relevance, 10)).toBe(0.5);
    expect(reciprocalRank(ranking, relevance, 1)).toBe(0);
  });

  test("use graded gains linearly", () => {
    const graded = new Map([
      ["a", 2],
      ["b", 1],
    ]);
    expect(ndcg(["b", "a"], graded, 10)).toBeCloseTo(
      (1 + 2 / Math.log2(3)) / (2 + 1 / Math.log2(3)),
    );
  });

  test("a document counts at the place of its best chunk", () => {
    expect(rankDocuments(["d1", "d2", "d1", "d3"])).toEqual(["d1", "d2", "d3"]);
  });

  test("stay between 0 and 1, and the ideal order is 1", () => {
    const ids = fc.uniqueArray(fc.constantFrom("a", "b", "c", "d", "e"), { minLength: 1 });
    fc.assert(
      fc.property(
        ids,
        fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 5 }),
        (order, grades) => {
          const graded = new Map(["a", "b", "c", "d", "e"].map((id, i) => [id, grades[i] ?? 0]));
          const value = ndcg(order, graded, 10);
          expect(value).toBeGreaterThanOrEqual(0);
          expect(value).toBeLessThanOrEqual(1 + 1e-12);
          const ideal = [...graded].sort((x, y) => y[1] - x[1]).map(([id]) => id);
          expect(ndcg(ideal, graded, 10)).toBeCloseTo(
            [...graded.values()].some((g) => g > 0) ? 1 : 0,
          );
        },
      ),
    );
  });
});
