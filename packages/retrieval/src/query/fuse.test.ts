import fc from "fast-check";
import { describe, expect, test } from "vitest";

import type { Candidate } from "./fuse.ts";
import { fuse, legWeights, reportedScore } from "./fuse.ts";

const candidate = fc.record({
  segment: fc.integer({ min: 0, max: 2 }),
  chunk: fc.nat(50),
  cosine: fc.double({ min: -1, max: 1, noNaN: true }),
  bm25: fc.double({ min: 0, max: 30, noNaN: true }),
});

const half = { vector: 0.5, keyword: 0.5 };

describe("the weights of the legs", () => {
  /** `many` candidates whose scores differ by so much. */
  const spread = (many: number, cosine: number, bm25: number): readonly Candidate[] =>
    Array.from({ length: many }, (_, chunk) => ({
      segment: 0,
      chunk,
      cosine: chunk % 2 === 0 ? 0.4 + cosine : 0.4 - cosine,
      bm25: chunk % 2 === 0 ? 5 + bm25 : 5 - bm25,
    }));

  test("favour the leg whose scores stand out more", () => {
    const [flat, steep] = [spread(200, 0.1, 1), spread(200, 0.1, 4)];
    expect(legWeights(flat, 9).keyword).toBeGreaterThan(legWeights(steep, 9).keyword);
    expect(legWeights(spread(200, 0.02, 1), 9).keyword).toBeLessThan(legWeights(flat, 9).keyword);
  });

  test("are .45 to 1 where nothing is known of the spread", () => {
    expect(legWeights([], 0).keyword).toBeCloseTo(0.45 / 1.45, 12);
  });

  test("add up to 1, never ask a leg alone, and depend on no order", () => {
    fc.assert(
      fc.property(fc.array(candidate), (candidates) => {
        const largest = Math.max(0, ...candidates.map((c) => c.bm25));
        const weights = legWeights(candidates, largest);
        expect(weights.vector + weights.keyword).toBeCloseTo(1, 12);
        expect(weights.keyword / weights.vector).toBeGreaterThan(0.149);
        expect(weights.keyword / weights.vector).toBeLessThan(0.901);
        expect(legWeights(candidates.toReversed(), largest)).toEqual(weights);
      }),
    );
  });
});

describe("fusion", () => {
  test("adds the scaled keyword score to the cosine", () => {
    const [best, second] = fuse(
      [
        { segment: 0, chunk: 0, cosine: 0.6, bm25: 0 },
        { segment: 0, chunk: 1, cosine: 0.3, bm25: 8 },
      ],
      8,
      half,
    );
    expect(best).toMatchObject({ chunk: 1, fused: 0.65 });
    expect(second).toMatchObject({ chunk: 0, fused: 0.3 });
  });

  test("is the cosine alone when no term matched", () => {
    expect(fuse([{ segment: 0, chunk: 0, cosine: 0.5, bm25: 0 }], 0, half)[0]?.fused).toBe(0.25);
  });

  test("gives the same order whatever order the candidates came in", () => {
    const distinct = fc.uniqueArray(candidate, { selector: (c) => `${c.segment}/${c.chunk}` });
    fc.assert(
      fc.property(distinct, (candidates) => {
        const largest = Math.max(0, ...candidates.map((c) => c.bm25));
        const order = fuse(candidates, largest, half);
        expect(fuse([...candidates].reverse(), largest, half)).toEqual(order);
        expect(order).toHaveLength(candidates.length);
      }),
    );
  });

  test("is reported between 0 and 1", () => {
    fc.assert(
      fc.property(fc.double({ min: -1, max: 1, noNaN: true }), (fused) => {
        const score = reportedScore(fused);
        expect(score).toBeGreaterThanOrEqual(0);
        expect(score).toBeLessThanOrEqual(1);
      }),
    );
    expect([reportedScore(1.2), reportedScore(-0.2)]).toEqual([1, 0]);
  });
});
