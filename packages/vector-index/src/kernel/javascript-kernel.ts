import { fromHalf } from "../half-float.ts";
import { codeStride } from "../quantise.ts";
import { tileRows } from "./code-kernel.ts";
import type { CodeKernel, KernelShape } from "./code-kernel.ts";

/** The loops in plain JavaScript, for machines whose engine has no WebAssembly SIMD. */
export function openJavascriptKernel(shape: KernelShape): CodeKernel {
  const { rows, dimensions } = shape;
  const stride = codeStride(dimensions);
  const codes = new Uint8Array(rows * stride);
  const signed = new Int8Array(codes.buffer);
  const weights = new Uint32Array(rows);
  const ids = new Uint32Array(tileRows);
  const keys = new Float64Array(tileRows);
  const query = new Int8Array(stride);
  const rescoring = new Float32Array(dimensions);
  const gather = (base: Int8Array, at: number, count: number): void => {
    for (let index = 0; index < count; index += 1) {
      const row = ids[index] ?? 0;
      keys[index] = dot(base, at, signed, row * stride, stride) * (weights[row] ?? 0);
    }
  };
  return {
    name: "javascript",
    codes,
    weights,
    ids,
    keys,
    setQuery: (values) => query.set(values),
    scan: (first, count) => {
      for (let index = 0; index < count; index += 1) {
        const row = first + index;
        keys[index] = dot(query, 0, signed, row * stride, stride) * (weights[row] ?? 0);
      }
    },
    gather: (count) => gather(query, 0, count),
    gatherFrom: (row, count) => gather(signed, row * stride, count),
    setRescoringQuery: (values) => rescoring.set(values),
    rescore: (row) => rescore(rescoring, row),
  };
}

function dot(a: Int8Array, aStart: number, b: Int8Array, bStart: number, length: number): number {
  let sum = 0;
  for (let index = 0; index < length; index += 1) {
    sum += (a[aStart + index] ?? 0) * (b[bStart + index] ?? 0);
  }
  return sum;
}

function rescore(query: Float32Array, row: Uint8Array): number {
  const lanes = [0, 0, 0, 0];
  for (let index = 0; index < query.length; index += 1) {
    const half = (row[2 * index] ?? 0) | ((row[2 * index + 1] ?? 0) << 8);
    const lane = index & 3;
    lanes[lane] = (lanes[lane] ?? 0) + (query[index] ?? 0) * fromHalf(half);
  }
  const [a = 0, b = 0, c = 0, d = 0] = lanes;
  return a + b + (c + d);
}
