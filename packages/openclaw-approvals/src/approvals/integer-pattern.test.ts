import fc from "fast-check";
import { expect, test } from "vitest";

import { integerPattern } from "./integer-pattern.ts";

const admits = (minimum: number, maximum: number, text: string): boolean =>
  new RegExp(`^(?:${integerPattern(minimum, maximum)})$`).test(text);

const near = fc.integer({ min: -1200, max: 1200 });

test("exactly the numbers of the range match", () => {
  fc.assert(
    fc.property(near, near, near, (a, b, value) => {
      const [minimum, maximum] = a < b ? [a, b] : [b, a];
      expect(admits(minimum, maximum, String(value))).toBe(minimum <= value && value <= maximum);
    }),
    { numRuns: 2000 },
  );
});

test("ranges of every size up to the safe integers hold at their ends", () => {
  fc.assert(
    fc.property(fc.maxSafeInteger(), fc.maxSafeInteger(), (a, b) => {
      const [minimum, maximum] = a < b ? [a, b] : [b, a];
      expect(admits(minimum, maximum, String(minimum))).toBe(true);
      expect(admits(minimum, maximum, String(maximum))).toBe(true);
      expect(admits(minimum, maximum, String(BigInt(minimum) - 1n))).toBe(false);
      expect(admits(minimum, maximum, String(BigInt(maximum) + 1n))).toBe(false);
    }),
  );
});

test.each(["", "05", "+5", "-0", "5.0", "5 ", "0x5", "5e0", "٥", "5\n"])(
  "%j is no spelling of a number from -9 to 9",
  (text) => {
    expect(admits(-9, 9, text)).toBe(false);
  },
);
