import { readFileSync } from "node:fs";

import fc from "fast-check";
import { expect, test } from "vitest";

import { stemEnglish } from "./stem-english.ts";

const fixture = new URL("../../fixtures/snowball-english.tsv", import.meta.url);

test("10,000 words stem as the reference stemmer (Snowball 3.1) stemmed them", () => {
  const pairs = readFileSync(fixture, "utf8")
    .trim()
    .split("\n")
    .map((line) => line.split("\t"));
  expect(pairs.length).toBeGreaterThan(10_000);
  const wrong = pairs.filter(([word = "", stem]) => stemEnglish(word) !== stem);
  expect(wrong).toEqual([]);
});

test("what is no lower-case English word comes back as it is", () => {
  for (const word of ["", "a", "is", "x86_64", "größe", "日本", "Running", "v2", "http2s"]) {
    expect(stemEnglish(word)).toBe(word);
  }
});

test("any word of letters gives a word of letters that is no longer", () => {
  const word = fc.stringMatching(/^[abcdeginlostuyz']{1,14}$/u);
  fc.assert(
    fc.property(word, (text) => {
      const stem = stemEnglish(text);
      expect(stem).toMatch(/^[a-z']*$/u);
      expect(stem.length).toBeLessThanOrEqual(text.length);
    }),
    { numRuns: 2000 },
  );
});
