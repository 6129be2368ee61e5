import { segmentError } from "./segment-error.ts";
import type { Segment } from "./segment.ts";

/** Where a string lies in the string heap. */
export interface HeapRange {
  readonly offset: number;
  readonly length: number;
}

const maxHeap = 0xffff_ffff;
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Collects strings for a heap; equal records are stored once. */
export class StringHeapBuilder {
  readonly #parts: Uint8Array[] = [];
  readonly #known: Map<string, HeapRange> = new Map();
  #length = 0;

  add(text: string): HeapRange {
    return this.#put(`s${text}`, () => Buffer.from(text, "utf8"));
  }

  /** A heading trail: u32 count, then u32 length and bytes of each. */
  addList(texts: readonly string[]): HeapRange {
    return this.#put(`l${JSON.stringify(texts)}`, () => {
      const parts = texts.flatMap((text) => {
        const bytes = Buffer.from(text, "utf8");
        return [uint32(bytes.length), bytes];
      });
      return Buffer.concat([uint32(texts.length), ...parts]);
    });
  }

  finish(): Uint8Array {
    return Buffer.concat(this.#parts);
  }

  #put(key: string, encode: () => Uint8Array): HeapRange {
    const known = this.#known.get(key);
    if (known !== undefined) {
      return known;
    }
    const bytes = encode();
    const range = { offset: this.#length, length: bytes.length };
    this.#length += bytes.length;
    if (this.#length > maxHeap) {
      throw segmentError("SEGMENT_BOUNDS", "the titles and paths of one segment exceed 4 GiB");
    }
    this.#parts.push(bytes);
    this.#known.set(key, range);
    return range;
  }
}

/**
 * UTF-8 bytes as text.
 * @throws CodedError `SEGMENT_BOUNDS` when they are not UTF-8.
 */
export function decodeText(bytes: Uint8Array, what: string): string {
  try {
    return decoder.decode(bytes);
  } catch (error) {
    throw segmentError("SEGMENT_BOUNDS", `${what} is not valid UTF-8`, error);
  }
}

/** Reads a string of a heap section. */
export function readString(segment: Segment, heap: number, range: HeapRange, what: string): string {
  return decodeText(segment.slice(heap, range.offset, range.length), what);
}

/**
 * Reads a heading trail of a heap section.
 * @throws CodedError `SEGMENT_BOUNDS` when its lengths do not add up.
 */
export function readList(
  segment: Segment,
  heap: number,
  range: HeapRange,
  what: string,
): readonly string[] {
  const bytes = segment.slice(heap, range.offset, range.length);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const texts: string[] = [];
  const next = (at: number): number => {
    if (at + 4 > bytes.length) {
      throw segmentError("SEGMENT_BOUNDS", `${what} ends inside a length`);
    }
    return view.getUint32(at, true);
  };
  const count = next(0);
  let at = 4;
  for (let index = 0; index < count; index += 1) {
    const length = next(at);
    at += 4;
    if (at + length > bytes.length) {
      throw segmentError("SEGMENT_BOUNDS", `${what} ends inside a heading`);
    }
    texts.push(decodeText(bytes.subarray(at, at + length), what));
    at += length;
  }
  if (at !== bytes.length) {
    throw segmentError("SEGMENT_BOUNDS", `${what} has ${bytes.length - at} bytes left over`);
  }
  return texts;
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
