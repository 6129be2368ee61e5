/**
 * The best candidates seen so far, at most `capacity`: larger keys first, equal keys by ascending id.
 * Kept sorted; inserting shifts, which for a few hundred entries is faster than a heap.
 */
export class CandidateList {
  readonly keys: Float64Array;
  readonly ids: Int32Array;
  readonly #expanded: Uint8Array;
  size = 0;

  constructor(capacity: number) {
    this.keys = new Float64Array(capacity);
    this.ids = new Int32Array(capacity);
    this.#expanded = new Uint8Array(capacity);
  }

  get capacity(): number {
    return this.keys.length;
  }

  /** Whether a candidate would get in. */
  admits(key: number, id: number): boolean {
    const last = this.size - 1;
    return (
      last + 1 < this.keys.length || before(key, id, this.keys[last] ?? 0, this.ids[last] ?? 0)
    );
  }

  /** Puts a candidate in its place and gives that, or −1 when it is worse than all of a full list. */
  insert(key: number, id: number): number {
    let low = 0;
    let high = this.size;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (before(key, id, this.keys[middle] ?? 0, this.ids[middle] ?? 0)) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    if (low === this.keys.length) {
      return -1;
    }
    const moved = Math.min(this.size, this.keys.length - 1);
    this.keys.copyWithin(low + 1, low, moved);
    this.ids.copyWithin(low + 1, low, moved);
    this.#expanded.copyWithin(low + 1, low, moved);
    this.keys[low] = key;
    this.ids[low] = id;
    this.#expanded[low] = 0;
    this.size = moved + 1;
    return low;
  }

  /** The first place from `from` on that was not expanded yet, now marked; −1 when there is none. */
  expandNext(from: number): number {
    for (let place = from; place < this.size; place += 1) {
      if (this.#expanded[place] === 0) {
        this.#expanded[place] = 1;
        return place;
      }
    }
    return -1;
  }

  clear(): void {
    this.size = 0;
  }
}

/** The one order of candidates: larger key first, then smaller id. */
export function before(key: number, id: number, otherKey: number, otherId: number): boolean {
  return key > otherKey || (key === otherKey && id < otherId);
}
