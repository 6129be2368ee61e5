import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { quantizeRows, transpose } from "./quantize.ts";

const floats = fc.array(fc.float({ min: -8, max: 8, noNaN: true }), { minLength: 6, maxLength: 6 });

describe("quantising rows", () => {
  test("is off by at most half a step, whatever the row and the limit", () => {
    fc.assert(
      fc.property(floats, fc.constantFrom(64, 127), (numbers, limit) => {
        const data = Float32Array.from(numbers);
        const { values, scales } = quantizeRows(data, 3, limit);
        data.forEach((value, index) => {
          const scale = scales[Math.floor(index / 3)] ?? 0;
          const error = Math.abs((values[index] ?? 0) * scale - value);
          expect(error).toBeLessThanOrEqual(scale * 0.5001 + 1e-30);
          expect(Math.abs(values[index] ?? 0)).toBeLessThanOrEqual(limit);
        });
      }),
    );
  });

  test("uses the whole range: the largest number of a row becomes the limit", () => {
    const { values, scales } = quantizeRows(Float32Array.of(-2, 1, 0, 0.5, 0.25, 0), 3, 64);
    expect([...values]).toEqual([-64, 32, 0, 64, 32, 0]);
    expect([...scales]).toEqual([0.031_25, 0.007_812_5]);
  });

  test("rounds halves to even, so that no machine differs", () => {
    const { values } = quantizeRows(Float32Array.of(64, 0.5, 1.5, 2.5, -0.5, -1.5, -2.5), 7, 64);
    expect([...values]).toEqual([64, 0, 2, 2, 0, -2, -2]);
  });

  test("keeps a row of zeros", () => {
    const { values, scales } = quantizeRows(new Float32Array(2), 2, 64);
    expect([[...values], [...scales]]).toEqual([[0, 0], [1]]);
  });
});

describe("transposing", () => {
  test("twice is nothing", () => {
    fc.assert(
      fc.property(floats, (numbers) => {
        const data = Float32Array.from(numbers);
        expect(transpose(transpose(data, 3), 2)).toEqual(data);
      }),
    );
    expect([...transpose(Int8Array.of(1, 2, 3, 4, 5, 6), 3)]).toEqual([1, 4, 2, 5, 3, 6]);
  });
});
