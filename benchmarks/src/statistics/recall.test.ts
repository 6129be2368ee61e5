import { expect, test } from "vitest";

import { recallOf } from "./recall.ts";

test("the order of the neighbours does not matter", () => {
  expect(recallOf(Int32Array.of(3, 2, 1, 6, 5, 9), Int32Array.of(1, 2, 3, 4, 5, 6), 3)).toBe(5 / 6);
});

test("an id given twice counts once, and a place that is not filled counts nothing", () => {
  expect(recallOf(Int32Array.of(1, 1), Int32Array.of(1, 2), 2)).toBe(0.5);
  expect(recallOf(Int32Array.of(1, -1), Int32Array.of(1, 2), 2)).toBe(0.5);
});

test("a neighbour of another query is no neighbour", () => {
  expect(recallOf(Int32Array.of(2, 1), Int32Array.of(1, 2), 1)).toBe(0);
});

test("another number of ids than asked for is refused", () => {
  expect(() => recallOf(Int32Array.of(1), Int32Array.of(1, 2), 2)).toThrow(RangeError);
  expect(() => recallOf(Int32Array.of(), Int32Array.of(), 2)).toThrow(RangeError);
});
