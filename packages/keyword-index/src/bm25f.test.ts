import { expect, test } from "vitest";

import { averageLengths, inverseDocumentFrequency, k1, termScore } from "./bm25f.ts";

const averages = { title: 4, body: 100 };

test("idf is Lucene's, and above 0 even for a term that every chunk holds", () => {
  expect(inverseDocumentFrequency(1000, 10)).toBeCloseTo(Math.log(1 + 990.5 / 10.5), 12);
  expect(inverseDocumentFrequency(10, 10)).toBeGreaterThan(0);
});

test("one field of average length gives plain BM25", () => {
  for (const occurrences of [1, 2, 5, 40]) {
    const expected = (occurrences * (k1 + 1)) / (k1 + occurrences);
    expect(termScore(0, occurrences, 0, 100, averages)).toBeCloseTo(expected, 12);
  }
});

test("a title counts three times, a long field counts less, and all of it saturates", () => {
  expect(termScore(1, 0, 4, 100, averages)).toBeCloseTo(termScore(0, 3, 4, 100, averages), 12);
  expect(termScore(0, 2, 4, 300, averages)).toBeLessThan(termScore(0, 2, 4, 100, averages));
  expect(termScore(1, 0, 9, 100, averages)).toBeLessThan(termScore(1, 0, 4, 100, averages));
  expect(termScore(255, 255, 4, 100, averages)).toBeLessThan(k1 + 1);
});

test("fields that are empty everywhere divide by nothing", () => {
  const none = averageLengths({ chunks: 0, titleTerms: 0, bodyTerms: 0 });
  expect(none).toEqual({ title: 0, body: 0 });
  expect(Number.isFinite(termScore(1, 1, 0, 0, none))).toBe(true);
});
