import fc from "fast-check";
import { expect, test } from "vitest";

import { joinDrawnAccents } from "./drawn-accents.ts";

test.each([
  ["na \u0308\u0131ve", "naïve"],
  ["the  \u0301etat", "the état"],
  ["Erd \u030Bos and G \u0308odel", "Erdős and Gödel"],
  ["na\u00A8\u0131ve, G\u00A8odel", "naïve, Gödel"],
  ["Mar\u00B4\u0131a", "María"],
  // An apostrophe, and signs.
  ["it\u00B4s", "it\u00B4s"],
  ["\u02DCn and \u00AFx", "\u02DCn and \u00AFx"],
  // No such letter, nothing behind it, or a mark that stands on its letter already.
  ["x \u0308q", "x \u0308q"],
  ["an umlaut  \u0308 alone", "an umlaut  \u0308 alone"],
  ["e\u0301t", "e\u0301t"],
])("%j reads %j", (drawn, joined) => {
  expect(joinDrawnAccents(drawn)).toBe(joined);
});

test("text without drawn accents is what it was", () => {
  const plain = fc
    .string({ unit: "binary" })
    .filter((text) => !/[\u0300-\u036F\u00A8-\u00B4\u02C6-\u02DD]/u.test(text));
  fc.assert(
    fc.property(plain, (text) => {
      expect(joinDrawnAccents(text)).toBe(text);
    }),
  );
});

test("what was drawn apart is the word again", () => {
  const word = fc.array(fc.constantFrom("a", "é", "ï", "ö", "ç", "n", "ű"), { minLength: 1 });
  fc.assert(
    fc.property(word, (letters) => {
      const drawn = letters.map((letter) => {
        const [base = "", mark] = letter.normalize("NFD");
        return mark === undefined ? base : ` ${mark}${base}`;
      });
      expect(joinDrawnAccents(drawn.join(""))).toBe(letters.join(""));
    }),
  );
});
