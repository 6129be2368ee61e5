import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { firstDifference } from "./first-difference.ts";

describe("the first difference", () => {
  test("of a value and itself is none, whatever order its keys have", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const copy: unknown = JSON.parse(JSON.stringify(value));
        expect(firstDifference(copy, JSON.parse(JSON.stringify(value)))).toBeUndefined();
      }),
    );
    expect(firstDifference({ a: 1, b: 2 }, { b: 2, a: 1 })).toBeUndefined();
  });

  test("is found when there is one", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (one, other) => {
        const same = firstDifference(one, other) === undefined;
        expect(firstDifference({ a: [one] }, { a: [other] }) === undefined).toBe(same);
      }),
    );
  });

  test.each([
    [{ a: { "b/c": 1 } }, { a: { "b/c": 2 } }, 'at "/a/b~1c" expected 1, got 2'],
    [[1, 2], [1], 'at "/1" expected 2, got nothing'],
    [{}, [], 'at "" expected {}, got []'],
    [{ a: null }, {}, 'at "/a" expected null, got nothing'],
    ["a", "b", 'at "" expected "a", got "b"'],
  ])("of %j and %j", (expected, actual, text) => {
    expect(firstDifference(expected, actual)).toBe(text);
  });

  test("is short even when the values are not", () => {
    expect(firstDifference("x".repeat(10_000), "y")?.length).toBeLessThan(400);
  });
});
