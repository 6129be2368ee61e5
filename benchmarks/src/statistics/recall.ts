/**
 * Part of the true neighbours among those found, over all queries.
 * @param found `k` ids a query, row after row; −1 where fewer were found.
 * @param truth `k` ids a query, row after row.
 */
export function recallOf(found: Int32Array, truth: Int32Array, k: number): number {
  if (found.length !== truth.length || truth.length === 0 || truth.length % k !== 0) {
    throw new RangeError(`expected ${truth.length} ids, ${k} a query, got ${found.length}`);
  }
  let hits = 0;
  for (let start = 0; start < truth.length; start += k) {
    const wanted = new Set(truth.subarray(start, start + k));
    // A set, so that an id that is given twice counts once.
    for (const id of new Set(found.subarray(start, start + k))) {
      hits += wanted.has(id) ? 1 : 0;
    }
  }
  return hits / truth.length;
}
