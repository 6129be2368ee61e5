/** Integers with one scale a row: `value ≈ integer * scale[row]`. */
export interface Quantized {
  readonly values: Int8Array;
  readonly scales: Float32Array;
}

/**
 * Symmetric rounding of each row to `-limit … limit`. Everything is rounded to float32 at each step
 * and halves go to even, so every machine gets the same bytes.
 *
 * @param limit 127 for all of int8; 64 for weights that meet unsigned 8-bit activations, because
 *   255 × 64 × 2 still fits the 16-bit sums of processors without VNNI (they saturate above 32,767).
 */
export function quantizeRows(data: Float32Array, columns: number, limit: number): Quantized {
  const rows = data.length / columns;
  const values = new Int8Array(data.length);
  const scales = new Float32Array(rows);
  for (let row = 0; row < rows; row += 1) {
    const slice = data.subarray(row * columns, (row + 1) * columns);
    const largest = slice.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
    // Zero for a row of zeros, or of numbers too small to be scaled.
    const scale = Math.fround(largest / limit) || 1;
    scales[row] = scale;
    slice.forEach((value, column) => {
      const rounded = roundHalfToEven(Math.fround(value / scale));
      values[row * columns + column] = Math.max(-limit, Math.min(limit, rounded));
    });
  }
  return { values, scales };
}

/** Rows become columns. */
export function transpose<T extends Float32Array | Int8Array>(data: T, columns: number): T {
  const rows = data.length / columns;
  const result = data.slice() as T;
  for (let row = 0; row < rows; row += 1) {
    for (let column = 0; column < columns; column += 1) {
      result[column * rows + row] = data[row * columns + column] ?? 0;
    }
  }
  return result;
}

function roundHalfToEven(value: number): number {
  const low = Math.floor(value);
  const rest = value - low;
  if (rest !== 0.5) {
    return Math.round(value);
  }
  return low % 2 === 0 ? low : low + 1;
}
