import { isCodedError } from "@clawkeep/diagnostics";
import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { unit } from "../test/clustered-vectors.ts";
import { fromHalf } from "./half-float.ts";
import { codeStride, halfStride, quantise, requireUnit, roundToHalves } from "./quantise.ts";

const row = fc
  .array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 2, maxLength: 100 })
  .filter((values) => values.some((value) => Math.abs(value) > 0.01))
  .map(unit);

function halvesOf(values: Float32Array): Uint16Array {
  const halves = new Uint16Array(values.length);
  roundToHalves(values, halves);
  return halves;
}

describe("a quantised row", () => {
  test("is within half a step of the row of halves, and uses the whole range", () => {
    fc.assert(
      fc.property(row, (values) => {
        const halves = halvesOf(values);
        const codes = new Int8Array(values.length);
        const scale = quantise(halves, values.length, codes) / 2 ** 30;
        halves.forEach((half, index) => {
          const error = Math.abs((codes[index] ?? 0) * scale - fromHalf(half));
          expect(error).toBeLessThanOrEqual(scale / 2 + 1e-9);
        });
        expect(Math.max(...codes.map(Math.abs))).toBe(127);
      }),
    );
  });

  test("depends on its halves alone, so a segment can be rebuilt from its own rows", () => {
    fc.assert(
      fc.property(row, (values) => {
        const halves = halvesOf(values);
        const again = halvesOf(Float32Array.from(halves, fromHalf));
        expect(again).toEqual(halves);
      }),
    );
  });

  test("of zeros has zero codes and a weight", () => {
    const codes = new Int8Array(4).fill(9);
    expect(quantise(new Uint16Array(4), 4, codes)).toBe(1);
    expect([...codes]).toEqual([0, 0, 0, 0]);
  });

  test("has the bytes that the format page says", () => {
    const codes = new Int8Array(4);
    const halves = halvesOf(Float32Array.of(0.5, -0.5, 0.1, -0.7));
    expect(quantise(halves, 4, codes)).toBe(
      Math.ceil((fromHalf(halves[3] ?? 0) * -(2 ** 30)) / 127),
    );
    expect([...codes]).toEqual([91, -91, 18, -127]);
  });
});

test("rows start at multiples of 64 bytes", () => {
  expect([1, 64, 65, 384].map(codeStride)).toEqual([64, 64, 128, 384]);
  expect([1, 32, 33, 384].map(halfStride)).toEqual([64, 64, 128, 768]);
});

test("what is not a unit vector is refused", () => {
  const bad = [
    [0, 0],
    [1, 1],
    [Number.NaN, 1],
    [Number.POSITIVE_INFINITY, 0],
    [0.9, 0],
  ];
  for (const values of bad) {
    try {
      requireUnit(Float32Array.from(values), "VECTOR_QUERY", "a query");
      expect.unreachable();
    } catch (error) {
      expect(isCodedError(error) && error.code).toBe("VECTOR_QUERY");
    }
  }
  expect(() => requireUnit(Float32Array.of(0.6, 0.8), "VECTOR_QUERY", "a query")).not.toThrow();
});
