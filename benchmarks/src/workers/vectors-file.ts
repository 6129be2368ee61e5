import { readFileSync, writeFileSync } from "node:fs";
import { endianness } from "node:os";

import { requireUnitRows } from "../synthetic/clustered-vectors.ts";

/** Writes rows of 32-bit floats, little-endian, with nothing around them. */
export function writeVectors(file: string, vectors: Float32Array): void {
  requireLittleEndian();
  writeFileSync(file, new Uint8Array(vectors.buffer, vectors.byteOffset, vectors.byteLength));
}

/**
 * Reads what {@link writeVectors} wrote.
 * @throws RangeError for a file of another size, or with rows that are not of length 1.
 */
export function readVectors(file: string, dimensions: number, rows: number): Float32Array {
  requireLittleEndian();
  const bytes = readFileSync(file);
  if (bytes.length < rows * dimensions * 4 || bytes.length % (dimensions * 4) !== 0) {
    throw new RangeError(
      `expected at least ${rows} rows of ${dimensions} floats in ${file}, got ${bytes.length} bytes`,
    );
  }
  const copy = new Float32Array(rows * dimensions);
  new Uint8Array(copy.buffer).set(bytes.subarray(0, copy.byteLength));
  requireUnitRows(copy, dimensions);
  return copy;
}

/** The rows of a matrix, each a view. */
export function rowsOf(vectors: Float32Array, dimensions: number): readonly Float32Array[] {
  return Array.from({ length: vectors.length / dimensions }, (_, row) =>
    vectors.subarray(row * dimensions, (row + 1) * dimensions),
  );
}

function requireLittleEndian(): void {
  if (endianness() !== "LE") {
    throw new Error("expected a little-endian machine");
  }
}
