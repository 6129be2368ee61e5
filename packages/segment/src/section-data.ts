/**
 * One section on its way into a segment. `bytes` may be an iterable, so that a large section never
 * has to be in memory at once; its length must be a multiple of `stride`.
 */
export interface SectionData {
  /** From `sectionId`; unique within a segment. */
  readonly id: number;
  /** Bytes of one element; 1 for a heap. */
  readonly stride: number;
  readonly bytes: Uint8Array | Iterable<Uint8Array> | AsyncIterable<Uint8Array>;
}

/** The bytes of a typed array, without a copy. */
export function bytesOf(
  array: Uint8Array | Int8Array | Uint16Array | Uint32Array | Float32Array | Float64Array,
): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}
