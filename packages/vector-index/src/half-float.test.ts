import fc from "fast-check";
import { expect, test } from "vitest";

import { fromHalf, toHalf } from "./half-float.ts";

/** The engine's own halves: an implementation that is not ours. */
interface Halves {
  readonly buffer: ArrayBuffer;
  [index: number]: number;
}
const Float16 = (globalThis as unknown as { Float16Array: new (length: number) => Halves })
  .Float16Array;
const halves = new Float16(1);
const bits = new Uint16Array(halves.buffer);

function halfOfEngine(value: number): number {
  // Through f32 first, as a row of vectors is.
  halves[0] = Math.fround(value);
  return bits[0] ?? 0;
}

test("every finite half has its value", () => {
  for (let half = 0; half < 0x10000; half += 1) {
    if ((half & 0x7c00) !== 0x7c00) {
      bits[0] = half;
      expect(fromHalf(half)).toBe(halves[0]);
    }
  }
});

test("every other half has a finite value all the same", () => {
  for (const half of [0x7c00, 0x7c01, 0x7fff, 0xfc00, 0xffff]) {
    expect(Number.isFinite(fromHalf(half))).toBe(true);
  }
});

test("every finite half survives the way there and back", () => {
  for (let half = 0; half < 0x10000; half += 1) {
    if ((half & 0x7c00) !== 0x7c00) {
      expect(toHalf(fromHalf(half))).toBe(half);
    }
  }
});

test("values are rounded to the nearest half, ties to even", () => {
  const value = fc.oneof(
    fc.float({ min: -1, max: 1, noNaN: true }),
    fc.float({ min: Math.fround(-1e-4), max: Math.fround(1e-4), noNaN: true }),
    fc.integer({ min: 0, max: 0x3c00 }).map((half) => {
      const next = fromHalf(half + 1);
      return (fromHalf(half) + next) / 2;
    }),
  );
  fc.assert(
    fc.property(value, (number) => {
      expect(toHalf(number)).toBe(halfOfEngine(number));
    }),
    { numRuns: 5000 },
  );
});
