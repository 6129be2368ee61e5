import { expect, test } from "vitest";

import { combined, hostileTexts, joined } from "./hostile-texts.ts";

const texts = hostileTexts(0, 8192);

test("every general category of Unicode is there, as what it is named", () => {
  const names = texts.filter(({ name }) => name.startsWith("category "));
  for (const { name, text } of names) {
    expect(text).toMatch(new RegExp(`^a\\p{${name.slice("category ".length)}}b$`, "u"));
  }
  // Cs, a lone surrogate, is a text of its own, since no string of characters holds it.
  expect(names.length).toBe(29);
  expect(texts.find(({ name }) => name === "surrogate alone")?.text.isWellFormed()).toBe(false);
});

test("lengths go from one byte to one over the limit", () => {
  const lengths = texts.map(({ text }) => Buffer.byteLength(text));
  expect(lengths).toEqual(expect.arrayContaining([0, 1, 4096, 8191, 8192, 8193, 8195]));
  expect(new Set(texts.map(({ name }) => name)).size).toBe(texts.length);
});

test("texts of one kind are put together, none is lost, none grows over the limit", () => {
  const groups = combined(texts, 8192);
  expect(new Set(groups.flat())).toEqual(new Set(texts));
  expect(groups.length).toBeLessThan(texts.length / 2);
  for (const group of combined(texts, 40)) {
    if (group.length > 1) expect(Buffer.byteLength(joined(group))).toBeLessThanOrEqual(40);
  }
});
