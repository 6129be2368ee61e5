import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { fromHalf } from "../half-float.ts";
import { codeStride, halfStride } from "../quantise.ts";
import { tileRows } from "./code-kernel.ts";
import type { CodeKernel, KernelShape } from "./code-kernel.ts";

const byte = fc.integer({ min: -127, max: 127 });

/** What every kernel must do: keys and scores are compared exactly, not nearly. */
export function kernelCases(name: string, open: (shape: KernelShape) => CodeKernel): void {
  describe(`the ${name} kernel`, () => {
    const shape = fc.record({
      dimensions: fc.integer({ min: 1, max: 200 }),
      rows: fc.integer({ min: 1, max: 12 }),
      seed: fc.array(byte, { minLength: 1, maxLength: 97 }),
      weight: fc.integer({ min: 1, max: 8_500_000 }),
    });

    test("gives exact keys for consecutive rows, chosen rows, and rows against rows", () => {
      fc.assert(
        fc.property(shape, ({ dimensions, rows, seed, weight }) => {
          const stride = codeStride(dimensions);
          const kernel = open({ rows, dimensions });
          const codes = new Int8Array(kernel.codes.buffer, kernel.codes.byteOffset, rows * stride);
          const query = new Int8Array(stride);
          fill(codes, rows, dimensions, stride, seed);
          fill(query, 1, dimensions, stride, [...seed, 5]);
          kernel.weights.forEach((_, row) => (kernel.weights[row] = weight + row));
          kernel.setQuery(query);
          const key = (base: Int8Array, row: number): number =>
            product(base, codes.subarray(row * stride)) * (weight + row);
          const all = Array.from({ length: rows }, (_, row) => key(query, row));
          kernel.scan(0, rows);
          expect([...kernel.keys.subarray(0, rows)]).toEqual(all);
          kernel.scan(rows - 1, 1);
          expect(kernel.keys[0]).toBe(all[rows - 1]);
          const chosen = Array.from({ length: rows }, (_, index) => rows - 1 - index);
          kernel.ids.set(chosen);
          kernel.gather(rows);
          expect([...kernel.keys.subarray(0, rows)]).toEqual([...all].reverse());
          kernel.gatherFrom(0, rows);
          const base = codes.subarray(0, stride);
          expect([...kernel.keys.subarray(0, rows)]).toEqual(chosen.map((row) => key(base, row)));
        }),
        { numRuns: 60 },
      );
    });

    test("holds the largest keys exactly, and a whole tile of them", () => {
      const kernel = open({ rows: tileRows, dimensions: 4096 });
      const codes = new Int8Array(kernel.codes.buffer, kernel.codes.byteOffset, tileRows * 4096);
      codes.fill(-127);
      kernel.weights.fill(2 ** 23);
      kernel.setQuery(new Int8Array(4096).fill(127));
      kernel.scan(0, tileRows);
      expect(new Set(kernel.keys)).toEqual(new Set([-(4096 * 127 * 127) * 2 ** 23]));
    });

    test("rescores in four lanes, whatever the bits of a row", () => {
      const values = fc.array(fc.float({ min: -1, max: 1, noNaN: true }), {
        minLength: 1,
        maxLength: 130,
      });
      const seed = fc.array(fc.integer({ min: 0, max: 0xffff }), { minLength: 1, maxLength: 61 });
      fc.assert(
        fc.property(values, seed, (query, bits) => {
          const dimensions = query.length;
          const kernel = open({ rows: 1, dimensions });
          const row = new Uint16Array(halfStride(dimensions) / 2);
          row.forEach((_, index) => (row[index] = bits[index % bits.length] ?? 0));
          kernel.setRescoringQuery(Float32Array.from(query));
          const lanes = [0, 0, 0, 0];
          query.forEach((value, index) => {
            lanes[index % 4] =
              (lanes[index % 4] ?? 0) + Math.fround(value) * fromHalf(row[index] ?? 0);
          });
          const [a = 0, b = 0, c = 0, d = 0] = lanes;
          const score = kernel.rescore(new Uint8Array(row.buffer));
          // Adding 0 makes −0 into 0: they are the same score.
          expect(score + 0).toBe(a + b + (c + d) + 0);
        }),
        { numRuns: 200 },
      );
    });
  });
}

function fill(
  target: Int8Array,
  rows: number,
  dimensions: number,
  stride: number,
  seed: readonly number[],
): void {
  for (let row = 0; row < rows; row += 1) {
    for (let index = 0; index < dimensions; index += 1) {
      target[row * stride + index] = seed[(row * 31 + index) % seed.length] ?? 0;
    }
  }
}

function product(a: Int8Array, b: Int8Array): number {
  return a.reduce((sum, value, index) => sum + value * (b[index] ?? 0), 0);
}
