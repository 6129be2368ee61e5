/** Ids of the `k` rows with the largest dot product, best first; ties by id. Plain JavaScript. */
export function flatSearch(
  vectors: Float32Array,
  dimensions: number,
  query: Float32Array,
  k: number,
): Int32Array {
  const rows = vectors.length / dimensions;
  const wanted = Math.min(k, rows);
  const ids = new Int32Array(wanted);
  const scores = new Float64Array(wanted).fill(Number.NEGATIVE_INFINITY);
  for (let row = 0; row < rows; row += 1) {
    const score = dot(vectors, row * dimensions, query);
    if (score > (scores[wanted - 1] ?? 0)) {
      let place = wanted - 1;
      while (place > 0 && score > (scores[place - 1] ?? 0)) {
        scores[place] = scores[place - 1] ?? 0;
        ids[place] = ids[place - 1] ?? 0;
        place -= 1;
      }
      scores[place] = score;
      ids[place] = row;
    }
  }
  return ids;
}

/** Four sums, so that the processor need not wait for each addition. */
function dot(vectors: Float32Array, start: number, query: Float32Array): number {
  let [a, b, c, d] = [0, 0, 0, 0];
  const whole = query.length & ~3;
  for (let place = 0; place < whole; place += 4) {
    const from = start + place;
    a += (vectors[from] ?? 0) * (query[place] ?? 0);
    b += (vectors[from + 1] ?? 0) * (query[place + 1] ?? 0);
    c += (vectors[from + 2] ?? 0) * (query[place + 2] ?? 0);
    d += (vectors[from + 3] ?? 0) * (query[place + 3] ?? 0);
  }
  for (let place = whole; place < query.length; place += 1) {
    a += (vectors[start + place] ?? 0) * (query[place] ?? 0);
  }
  return a + b + (c + d);
}
