/**
 * A set of ids: bit `id & 31` of word `id >>> 5`. Ids past the last word are not in the set. The same
 * set serves vectors and keywords, because both speak of chunk ids.
 */
export type Bitset = Uint32Array;

/** An empty set with room for ids 0 to `size - 1`. */
export function createBitset(size: number): Bitset {
  return new Uint32Array((size + 31) >>> 5);
}

/** Puts `id` in; an id past the last word is a defect of the caller and is ignored by typed arrays. */
export function addBit(set: Bitset, id: number): void {
  set[id >>> 5] = (set[id >>> 5] ?? 0) | (1 << (id & 31));
}

/** Whether `id` is in the set. */
export function hasBit(set: Bitset, id: number): boolean {
  return (((set[id >>> 5] ?? 0) >>> (id & 31)) & 1) === 1;
}

/** How many ids smaller than `size` are in the set. */
export function countBits(set: Bitset, size: number): number {
  let count = 0;
  const words = Math.min(set.length, (size + 31) >>> 5);
  for (let index = 0; index < words; index += 1) {
    let word = set[index] ?? 0;
    const left = size - index * 32;
    if (left < 32) {
      word &= (1 << left) - 1;
    }
    word -= (word >>> 1) & 0x55555555;
    word = (word & 0x33333333) + ((word >>> 2) & 0x33333333);
    count += Math.imul((word + (word >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
  }
  return count;
}
