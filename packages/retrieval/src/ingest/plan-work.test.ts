import { digestBytes } from "@clawkeep/integrity";
import fc from "fast-check";
import { describe, expect, test } from "vitest";

import type { CatalogWork } from "../catalog/catalog-document.ts";
import type { WorkSource } from "./plan-work.ts";
import { planWork, textsOf } from "./plan-work.ts";

/** Texts as a catalog gives them, and the largest number of them that was asked for at once. */
function sourceOf(tokens: readonly number[]): WorkSource & { readonly largest: () => number } {
  const all = tokens
    .map((count, index): CatalogWork => {
      const text = `text ${index}`;
      return { input: digestBytes(text), tokens: count, context: "Title", text };
    })
    .sort((a, b) => b.tokens - a.tokens || (a.input < b.input ? 1 : -1));
  let largest = 0;
  return {
    work: (after, limit) => {
      const from = after === undefined ? 0 : all.indexOf(after) + 1;
      const page = all.slice(from, from + limit);
      largest = Math.max(largest, page.length);
      return page;
    },
    largest: () => largest,
  };
}

describe("the units of work", () => {
  test("hold every text once, longest first, in even portions, out of small windows", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(300), { maxLength: 1000 }), (tokens) => {
        const source = sourceOf(tokens);
        const units = [...planWork(source)];
        const lengths = units.flat().map((work) => work.tokens);
        expect(lengths).toEqual(tokens.toSorted((a, b) => b - a));
        expect(new Set(units.flat()).size).toBe(tokens.length);
        for (const unit of units) {
          const sum = unit.reduce((total, work) => total + work.tokens, 0);
          expect(unit.length === 1 || sum <= 1024).toBe(true);
          expect(unit.length).toBeLessThanOrEqual(64);
        }
        expect(source.largest()).toBeLessThanOrEqual(256);
      }),
      { numRuns: 40 },
    );
  });

  test("are embedded as the chunker counted them: context in front, drawn lines folded", () => {
    const [unit = []] = planWork(sourceOf([3]));
    expect(textsOf(unit)).toEqual(["Title\ntext 0"]);
    expect(textsOf([{ ...(unit[0] as CatalogWork), text: "a ------ b" }])).toEqual([
      "Title\na --- b",
    ]);
  });
});
