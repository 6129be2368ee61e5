import { hex } from "./container-header.ts";
import { blocksIn, digestBytes } from "./container-layout.ts";
import { readExactly } from "./positional-read.ts";
import { sameDigest, sha256 } from "./section-digest.ts";
import { sectionId } from "./section-id.ts";
import { segmentError } from "./segment-error.ts";
import type { SectionEntry } from "./segment.ts";

/** What a {@link BlockReader} reads from. */
export interface BlockSource {
  readonly file: number;
  readonly path: string;
  readonly blockSizeLog2: number;
  readonly entries: readonly SectionEntry[];
  /** The block digest section, already compared with its own digest. */
  readonly digests: Uint8Array;
}

/** Kept verified blocks: neighbouring rows and the top of the dictionary are asked for repeatedly. */
const keptBytes: number = 8 * 2 ** 20;

/** Reads parts of sections block by block and compares each block with its digest. */
export class BlockReader {
  readonly #source: BlockSource;
  readonly #blockSize: number;
  readonly #firstBlock: Map<number, number> = new Map();
  readonly #kept: Map<number, Uint8Array> = new Map();

  /** @throws CodedError `SEGMENT_SECTION` when the digests do not cover the sections. */
  constructor(source: BlockSource) {
    this.#source = source;
    this.#blockSize = 2 ** source.blockSizeLog2;
    let blocks = 0;
    for (const entry of source.entries) {
      if (entry.id !== sectionId.blockDigests) {
        this.#firstBlock.set(entry.id, blocks);
        blocks += blocksIn(entry.length, source.blockSizeLog2);
      }
    }
    if (blocks * digestBytes !== source.digests.length) {
      const got = `got ${source.digests.length / digestBytes} in ${source.path}`;
      throw segmentError("SEGMENT_SECTION", `expected ${blocks} block digests, ${got}`);
    }
  }

  /** A copy of `length` bytes of a section; the caller has checked the range. */
  read(entry: SectionEntry, offset: number, length: number): Uint8Array {
    const result = new Uint8Array(length);
    let done = 0;
    while (done < length) {
      const at = offset + done;
      const index = Math.floor(at / this.#blockSize);
      const block = this.#block(entry, index);
      const start = at - index * this.#blockSize;
      const taken = Math.min(block.length - start, length - done);
      result.set(block.subarray(start, start + taken), done);
      done += taken;
    }
    return result;
  }

  #block(entry: SectionEntry, index: number): Uint8Array {
    const number = (this.#firstBlock.get(entry.id) ?? 0) + index;
    const kept = this.#kept.get(number);
    if (kept !== undefined) {
      return kept;
    }
    const start = index * this.#blockSize;
    const bytes = new Uint8Array(Math.min(this.#blockSize, entry.length - start));
    readExactly(this.#source.file, this.#source.path, entry.offset + start, bytes);
    if (!sameDigest(sha256(bytes), 0, this.#source.digests, number * digestBytes)) {
      const where = `block ${index} of section ${hex(entry.id)} of ${this.#source.path}`;
      throw segmentError("SEGMENT_DIGEST", `${where} does not match its digest`);
    }
    if ((this.#kept.size + 1) * this.#blockSize > keptBytes) {
      const oldest = this.#kept.keys().next();
      if (oldest.done !== true) {
        this.#kept.delete(oldest.value);
      }
    }
    this.#kept.set(number, bytes);
    return bytes;
  }
}
