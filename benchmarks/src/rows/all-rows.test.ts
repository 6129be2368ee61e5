import { expect, test } from "vitest";

import { allRows } from "./all-rows.ts";
import { count, figure, spread } from "./figure.ts";
import { questions } from "./questions.ts";

test("every row has a name of its own that can be typed", () => {
  const ids = allRows.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  ids.forEach((id) => expect(id).toMatch(/^[a-z]+(?:-[a-z]+)*$/u));
});

test.each([
  [0, "0"],
  [0.01234, "0.0123"],
  [1.5, "1.50"],
  [42.123, "42.1"],
  [12345.6, "12,346"],
  [Number.NaN, "–"],
])("%d is written %s", (value, text) => {
  expect(figure(value)).toBe(text);
});

test("a spread is shown where there is one", () => {
  expect(spread({ median: 2, low: 1, high: 3, runs: [1, 2, 3] })).toBe("2.00 (1.00–3.00)");
  expect(spread({ median: 2, low: 2, high: 2, runs: [2] })).toBe("2.00");
  expect(count(19_684)).toBe("19,684");
});

test("as many questions as wanted, always the same ones", () => {
  expect(questions(40)).toHaveLength(40);
  expect(questions(3)).toEqual(questions(40).slice(0, 3));
});
