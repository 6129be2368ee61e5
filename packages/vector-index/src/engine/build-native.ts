import type { VectorAddon } from "@clawkeep/native-engine";
import { bytesOf } from "@clawkeep/segment";

import { baseDegree, degree, none } from "../hnsw/graph.ts";
import type { Graph } from "../hnsw/graph.ts";
import { codeStride, halfStride, requireUnit } from "../quantise.ts";
import type { VectorColumns } from "../vector-columns.ts";

/** How the native engine builds; none of it changes a byte. */
export interface NativeBuild {
  readonly addon: VectorAddon;
  readonly threads: number;
  /** Default: the fastest. */
  readonly kernel?: string | undefined;
}

/**
 * Codes, weights and halves of vectors.
 * @throws CodedError `VECTOR_NOT_UNIT`.
 */
export function nativeColumns(
  { addon, threads, kernel }: NativeBuild,
  vectors: Float32Array,
  dimensions: number,
): VectorColumns {
  const count = vectors.length / dimensions;
  const codes = new Int8Array(count * codeStride(dimensions));
  const weights = new Uint32Array(count);
  const halves = new Uint16Array((count * halfStride(dimensions)) / 2);
  const wrong = addon.quantise(vectors, dimensions, threads, codes, weights, halves, kernel);
  if (wrong >= 0) {
    const row = vectors.subarray(wrong * dimensions, (wrong + 1) * dimensions);
    requireUnit(row, "VECTOR_NOT_UNIT", `vector ${wrong}`);
  }
  return { codes: bytesOf(codes), weights, halves };
}

/** The graph over these columns. */
export function nativeGraph(
  { addon, threads, kernel }: NativeBuild,
  { codes, weights }: Pick<VectorColumns, "codes" | "weights">,
  dimensions: number,
): Graph {
  const count = weights.length;
  const levels = new Uint8Array(count);
  const upperStarts = new Uint32Array(count);
  const base = new Uint32Array(count * baseDegree);
  const upper = new Uint32Array(addon.upperRows(count) * degree);
  const signed = new Int8Array(codes.buffer, codes.byteOffset, codes.byteLength);
  const entry = addon.buildGraph(
    signed,
    weights,
    dimensions,
    threads,
    kernel,
    levels,
    upperStarts,
    base,
    upper,
  );
  const entryLevel = entry === none ? 0 : (levels[entry] ?? 0);
  return { entry, entryLevel, levels, upperStarts, base, upper };
}
