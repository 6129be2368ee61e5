import { openKernel } from "./kernel/open-kernel.ts";
import type { CodeKernel } from "./kernel/code-kernel.ts";
import { codeStride, halfStride, quantise, requireUnit, roundToHalves } from "./quantise.ts";

/** What a segment stores of vectors, row after row. */
export interface VectorColumns {
  readonly codes: Uint8Array;
  readonly weights: Uint32Array;
  readonly halves: Uint16Array;
}

/**
 * Codes, weights and halves of vectors, with the portable engine; the kernel that holds them builds
 * the graph.
 * @throws CodedError `VECTOR_NOT_UNIT`, `VECTOR_MEMORY`.
 */
export function portableColumns(
  vectors: Float32Array,
  dimensions: number,
): VectorColumns & { readonly kernel: CodeKernel } {
  const count = vectors.length / dimensions;
  const stride = codeStride(dimensions);
  const halfWords = halfStride(dimensions) / 2;
  const halves = new Uint16Array(count * halfWords);
  const kernel = openKernel({ rows: count, dimensions });
  const codes = new Int8Array(kernel.codes.buffer, kernel.codes.byteOffset, count * stride);
  for (let row = 0; row < count; row += 1) {
    const values = vectors.subarray(row * dimensions, (row + 1) * dimensions);
    requireUnit(values, "VECTOR_NOT_UNIT", `vector ${row}`);
    const rounded = halves.subarray(row * halfWords, (row + 1) * halfWords);
    roundToHalves(values, rounded);
    const target = codes.subarray(row * stride, (row + 1) * stride);
    kernel.weights[row] = quantise(rounded, dimensions, target);
  }
  return { codes: kernel.codes, weights: kernel.weights, halves, kernel };
}
