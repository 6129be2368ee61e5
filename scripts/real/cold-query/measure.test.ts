import { expect, test } from "vitest";

import { medianOf, timeInterleaved } from "./measure.ts";

test("the median of an odd and of an even count", () => {
  expect(medianOf([9, 1, 5])).toBe(5);
  expect(medianOf([4, 1, 3, 2])).toBe(2.5);
  expect(medianOf([])).toBeNaN();
});

test("every contender runs once a round, and the warm-up round is not counted", () => {
  const contender = { name: "node", command: process.execPath, args: ["-e", "0"] };
  const timings = timeInterleaved([contender, { ...contender, name: "again" }], 2);
  expect(timings.map(({ name, runs }) => [name, runs.length])).toEqual([
    ["node", 2],
    ["again", 2],
  ]);
});

test("a contender that fails ends the comparison", () => {
  const failing = { name: "bad", command: process.execPath, args: ["-e", "process.exit(3)"] };
  expect(() => timeInterleaved([failing], 1)).toThrow("bad ended with 3");
});
