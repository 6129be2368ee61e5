import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { diversify } from "./diversify.ts";
import type { FusedCandidate } from "./fuse.ts";

const candidate = (chunk: number, fused: number): FusedCandidate => ({
  segment: 0,
  chunk,
  cosine: fused,
  bm25: 0,
  fused,
});
const directions = [
  [1, 0],
  [0.99, Math.sqrt(1 - 0.99 ** 2)],
  [0, 1],
].map((values) => Float32Array.from(values));
const vectorOf = ({ chunk }: FusedCandidate): Float32Array | undefined => directions[chunk % 3];
const pool = [candidate(0, 1), candidate(1, 0.99), candidate(2, 0.7)];

describe("maximal marginal relevance", () => {
  test("prefers a passage that says something else to one that repeats the best", () => {
    const chunks = (diversity: number): readonly number[] =>
      diversify(pool, 2, diversity, vectorOf).map(({ chunk }) => chunk);
    expect(chunks(0)).toEqual([0, 1]);
    expect(chunks(0.5)).toEqual([0, 2]);
    expect(chunks(1)).toEqual([0, 2]);
  });

  test("begins with the best, repeats none, and invents none", () => {
    const list = fc
      .array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 1, maxLength: 12 })
      .map((scores) => scores.sort((a, b) => b - a).map((fused, chunk) => candidate(chunk, fused)));
    fc.assert(
      fc.property(
        list,
        fc.integer({ min: 1, max: 15 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (from, topK, diversity) => {
          const chosen = diversify(from, topK, diversity, vectorOf);
          expect(chosen[0]).toBe(from[0]);
          expect(new Set(chosen).size).toBe(Math.min(topK, from.length));
          expect(from).toEqual(expect.arrayContaining([...chosen]));
          expect(diversify(from, topK, diversity, vectorOf)).toEqual(chosen);
          expect(diversify(from, topK, 0, vectorOf)).toEqual(from.slice(0, topK));
        },
      ),
    );
  });

  test("takes passages without a vector as like no other", () => {
    expect(diversify(pool, 3, 0.5, () => undefined)).toEqual(pool);
  });
});
