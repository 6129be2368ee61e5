/** Mean cosine of the rows that both have, of unit vectors. */
export function meanCosine(a: Float32Array, b: Float32Array, dimensions: number): number {
  const rows = Math.min(a.length, b.length) / dimensions;
  let sum = 0;
  for (let place = 0; place < rows * dimensions; place += 1) {
    sum += (a[place] ?? 0) * (b[place] ?? 0);
  }
  return sum / rows;
}
