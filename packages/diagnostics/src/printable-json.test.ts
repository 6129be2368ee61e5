import fc from "fast-check";
import { expect, test } from "vitest";

import { printableJson } from "./printable-json.ts";

test("means the same as JSON", () => {
  fc.assert(
    fc.property(fc.jsonValue({ stringUnit: "binary" }), (value) => {
      expect(JSON.parse(printableJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
    }),
  );
});

test("holds nothing that acts on a terminal", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      // eslint-disable-next-line no-control-regex -- the point of the test
      expect(printableJson(text)).not.toMatch(
        /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\ufeff]|\p{Surrogate}/u,
      );
    }),
  );
  expect(printableJson("\u{e0041}\u202e")).toBe('"\\udb40\\udc41\\u202e"');
});
