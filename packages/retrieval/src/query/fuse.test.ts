import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { fuse, keywordWeight, reportedScore } from "./fuse.ts";

const candidate = fc.record({
  segment: fc.integer({ min: 0, max: 2 }),
  chunk: fc.nat(50),
  cosine: fc.double({ min: -1, max: 1, noNaN: true }),
  bm25: fc.double({ min: 0, max: 30, noNaN: true }),
});

describe("fusion", () => {
  test("adds the scaled keyword score to the cosine", () => {
    const [best, second] = fuse(
      [
        { segment: 0, chunk: 0, cosine: 0.6, bm25: 0 },
        { segment: 0, chunk: 1, cosine: 0.3, bm25: 8 },
      ],
      8,
    );
    expect(best).toMatchObject({ chunk: 1, fused: 0.3 + keywordWeight });
    expect(second).toMatchObject({ chunk: 0, fused: 0.6 });
  });

  test("is the cosine alone when no term matched", () => {
    expect(fuse([{ segment: 0, chunk: 0, cosine: 0.5, bm25: 0 }], 0)[0]?.fused).toBe(0.5);
  });

  test("gives the same order whatever order the candidates came in", () => {
    const distinct = fc.uniqueArray(candidate, { selector: (c) => `${c.segment}/${c.chunk}` });
    fc.assert(
      fc.property(distinct, (candidates) => {
        const largest = Math.max(0, ...candidates.map((c) => c.bm25));
        const order = fuse(candidates, largest);
        expect(fuse([...candidates].reverse(), largest)).toEqual(order);
        expect(order).toHaveLength(candidates.length);
      }),
    );
  });

  test("is reported between 0 and 1", () => {
    fc.assert(
      fc.property(fc.double({ min: -1, max: 1.45, noNaN: true }), (fused) => {
        const score = reportedScore(fused);
        expect(score).toBeGreaterThanOrEqual(0);
        expect(score).toBeLessThanOrEqual(1);
      }),
    );
    expect([reportedScore(1.45), reportedScore(-0.2)]).toEqual([1, 0]);
  });
});
