import { CodedError } from "@clawkeep/diagnostics";

import { fromHalf, toHalf } from "./half-float.ts";

/** Weights are in units of 2^-30: fine enough for 1e-4 of the scale, and keys stay below 2^53. */
const fixedPoint: number = 2 ** 30;
const largestCode = 127;
/** How far from length 1 a row may be: f32 rounding of any encoder is well inside. */
const unitTolerance = 1e-3;

/** Bytes of a row of codes. */
export function codeStride(dimensions: number): number {
  return Math.ceil(dimensions / 64) * 64;
}

/** Bytes of a row of halves. */
export function halfStride(dimensions: number): number {
  return Math.ceil((dimensions * 2) / 64) * 64;
}

/** Rounds `row` to halves: the row that everything else is computed from. */
export function roundToHalves(row: Float32Array, halves: Uint16Array): void {
  for (let index = 0; index < row.length; index += 1) {
    halves[index] = toHalf(row[index] ?? 0);
  }
}

/**
 * Symmetric int8 codes of a row of halves with the row's own scale, as `docs/index-format.md` section
 * 3.5 defines them. Gives the weight: the scale in units of 2^-30.
 */
export function quantise(halves: Uint16Array, dimensions: number, codes: Int8Array): number {
  let largest = 0;
  for (let index = 0; index < dimensions; index += 1) {
    largest = Math.max(largest, Math.abs(fromHalf(halves[index] ?? 0)));
  }
  const weight = Math.max(1, Math.ceil((largest * fixedPoint) / largestCode));
  for (let index = 0; index < dimensions; index += 1) {
    const code = Math.floor((fromHalf(halves[index] ?? 0) * fixedPoint) / weight + 0.5);
    codes[index] = Math.max(-largestCode, Math.min(largestCode, code));
  }
  return weight;
}

/**
 * Says whether a row can be stored or asked for.
 * @throws CodedError with `code` when it is not a unit vector, or holds a value that is not finite.
 */
export function requireUnit(row: Float32Array, code: string, what: string): void {
  let sum = 0;
  for (const value of row) {
    sum += value * value;
  }
  // Written so that NaN is refused too.
  if (!(Math.abs(Math.sqrt(sum) - 1) <= unitTolerance)) {
    throw new CodedError({
      code,
      message: `expected ${what} of length 1, got length ${Math.sqrt(sum)}`,
      hint: "normalise the embedding",
    });
  }
}
