import { digestBytes } from "@clawkeep/integrity";
import fc from "fast-check";
import { describe, expect, test } from "vitest";

import type { Hit } from "./answer.ts";
import { fitBudget } from "./fit-budget.ts";

const digest = digestBytes("");
const hit = (text: string, around: readonly string[] = []): Hit => ({
  text,
  score: 0.5,
  source: "a.md:1-1",
  citation: {
    path: "a.md",
    headings: [],
    lineStart: 1,
    lineEnd: 1,
    byteStart: 0,
    byteEnd: text.length,
    chunkDigest: digest,
    documentDigest: digest,
  },
  ...(around.length === 0
    ? {}
    : {
        context: {
          before: [],
          after: around.map((one) => ({ text: one, lineStart: 1, lineEnd: 1 })),
        },
      }),
});
const bytes = (limit: number): Parameters<typeof fitBudget>[1] => ({
  unit: "bytes",
  limit,
  count: (text) => Buffer.byteLength(text),
});

describe("a budget", () => {
  test("keeps whole passages, best first, and counts what is left out", () => {
    const hits = [hit("one two"), hit("three four"), hit("five")];
    expect(fitBudget(hits, bytes(100)).results).toEqual(hits);
    const { results, budget } = fitBudget(hits, bytes(12));
    expect(results).toEqual(hits.slice(0, 1));
    expect(budget).toEqual({ unit: "bytes", limit: 12, used: 7, leftOut: 2 });
  });

  test("gives up neighbours before the passage", () => {
    const { results } = fitBudget([hit("one", ["a very long neighbour"])], bytes(10));
    expect(results).toEqual([hit("one")]);
  });

  test("cuts the first passage after a line, or a word, and says so", () => {
    const long = hit("first line\nsecond line\nthird line");
    expect(fitBudget([long], bytes(25)).results).toEqual([
      { ...long, text: "first line\nsecond line", shortened: true },
    ]);
    expect(fitBudget([long], bytes(8)).results).toEqual([
      { ...long, text: "first", shortened: true },
    ]);
    expect(fitBudget([long], bytes(3)).results).toEqual([]);
  });

  test("is never exceeded, and more of it never takes anything away", () => {
    const text = fc.string({
      unit: fc.constantFrom("a", "é", " ", "\n"),
      minLength: 1,
      maxLength: 20,
    });
    const hits = fc.array(
      fc.tuple(text, fc.array(text, { maxLength: 2 })).map(([own, around]) => hit(own, around)),
      { maxLength: 5 },
    );
    fc.assert(
      fc.property(hits, fc.nat(80), (from, limit) => {
        const [less, more] = [fitBudget(from, bytes(limit)), fitBudget(from, bytes(limit + 5))];
        expect(less.budget.used).toBeLessThanOrEqual(limit);
        expect(less.budget.leftOut + less.results.length).toBe(from.length);
        less.results.forEach(({ text: kept }, index) => {
          expect(from[index]?.text.startsWith(kept)).toBe(true);
        });
        expect(more.results.length).toBeGreaterThanOrEqual(less.results.length);
      }),
    );
  });
});
