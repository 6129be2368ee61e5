import fc from "fast-check";
import { expect, test } from "vitest";

import { analyse } from "./analyse.ts";
import { termFinder } from "./term-finder.ts";

const word = fc.oneof(
  fc.constantFrom(
    "dying",
    "skies",
    "early",
    "YEARS",
    "Idly",
    "getUserName",
    "x86_64",
    "_",
    "A",
    "a",
  ),
  fc.constantFrom("naïve", "検索", "İstanbul", "news", "happy", "Happiness", "universal", "its"),
  fc.string({
    unit: fc.constantFrom(..."a b c d e i l n o s y t Y Z _ 4".split(" ")),
    maxLength: 9,
  }),
  fc.string({ unit: "grapheme", maxLength: 4 }),
);
const text = fc
  .array(fc.tuple(word, fc.constantFrom(" ", ", ", "\n", ".", "-", "'")), { maxLength: 12 })
  .map((parts) => parts.flat().join(""));

test("finds what analysing the text and leaving out the other terms gives", () => {
  fc.assert(
    fc.property(text, text, fc.array(word), (searched, asked, others) => {
      const wanted = new Set([...analyse(asked), ...others.map((other) => other.toLowerCase())]);
      const expected = [...new Set(analyse(searched))].filter((term) => wanted.has(term));
      expect(termFinder(wanted)(searched)).toEqual(expected);
      expect(termFinder(analyse(searched))(searched)).toEqual([...new Set(analyse(searched))]);
    }),
    { numRuns: 500 },
  );
});

test("finds nothing where nothing is asked or said", () => {
  expect(termFinder([])("Some words")).toEqual([]);
  expect(termFinder(["word"])("")).toEqual([]);
});
