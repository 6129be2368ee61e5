import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { selectHits } from "./select-hits.ts";

interface Row {
  readonly segment: number;
  readonly chunk: number;
  readonly cosine: number;
  readonly bm25: number;
  readonly fused: number;
  readonly path: string;
  readonly digest: string;
}

const row = (chunk: number, path: string, digest = `d${chunk}`, bm25 = 1, cosine = 0.5): Row => ({
  segment: 0,
  chunk,
  cosine,
  bm25,
  fused: 1 - chunk / 100,
  path,
  digest,
});
const chunksOf = (rows: readonly Row[]): number[] => rows.map(({ chunk }) => chunk);

describe("selected hits", () => {
  test("hold each text once", () => {
    const rows = [row(0, "a", "same"), row(1, "b", "same"), row(2, "c")];
    expect(chunksOf(selectHits(rows, 5, (r) => r))).toEqual([0, 2]);
  });

  test("hold at most three passages of a document while others are there", () => {
    const rows = [0, 1, 2, 3, 4].map((chunk) => row(chunk, "a")).concat(row(5, "b"));
    expect(chunksOf(selectHits(rows, 4, (r) => r))).toEqual([0, 1, 2, 5]);
    expect(chunksOf(selectHits(rows, 5, (r) => r))).toEqual([0, 1, 2, 3, 5]);
  });

  test("leave out what neither leg supports", () => {
    const rows = [row(0, "a", "x", 0, 0.05), row(1, "b", "y", 0, 0.3), row(2, "c", "z", 2, 0)];
    expect(chunksOf(selectHits(rows, 5, (r) => r))).toEqual([1, 2]);
  });

  test("are at most topK, in order, and never fewer than there are distinct texts", () => {
    const rows = fc
      .array(fc.tuple(fc.constantFrom("a", "b", "c"), fc.nat(6)))
      .map((pairs) => pairs.map(([path, digest], chunk) => row(chunk, path, `t${digest}`)));
    fc.assert(
      fc.property(rows, fc.integer({ min: 1, max: 10 }), (candidates, topK) => {
        const hits = selectHits(candidates, topK, (r) => r);
        const distinct = new Set(candidates.map(({ digest }) => digest)).size;
        expect(hits).toHaveLength(Math.min(topK, distinct));
        expect(chunksOf(hits)).toEqual([...chunksOf(hits)].sort((a, b) => a - b));
      }),
    );
  });
});
