import fc from "fast-check";
import { expect, test } from "vitest";

import { lineSplitter } from "./line-splitter.ts";

const cut = (bytes: Uint8Array, at: readonly number[]): Uint8Array[] => {
  const places = [0, ...at.map((place) => place % (bytes.length + 1)), bytes.length].sort(
    (a, b) => a - b,
  );
  return places.slice(1).map((to, index) => bytes.subarray(places[index], to));
};

test("gives the same lines however the bytes arrive", () => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom("a", "bc", "\n", "é", "\r")),
      fc.array(fc.nat(), { maxLength: 5 }),
      (parts, places) => {
        const text = parts.join("");
        const splitter = lineSplitter(1000);
        const lines = cut(Buffer.from(text), places).map((chunk) => splitter.push(chunk));
        expect(lines.flat().map(String)).toEqual(text.split("\n").slice(0, -1));
      },
    ),
  );
});

test("stops at a line that is too long, and stays stopped", () => {
  const splitter = lineSplitter(4);
  expect(splitter.push(Buffer.from("1234\n12"))?.map(String)).toEqual(["1234"]);
  expect(splitter.push(Buffer.from("345"))).toBeUndefined();
  expect(splitter.push(Buffer.from("\nok\n"))).toBeUndefined();
});
