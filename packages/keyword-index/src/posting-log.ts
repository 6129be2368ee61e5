import { readSync, writeSync } from "node:fs";

/** Occurrences of one term in one chunk. */
export interface Posting {
  readonly term: number;
  readonly chunk: number;
  readonly title: number;
  readonly body: number;
}

/** What is called for each posting of a log: plain numbers, because there are a hundred a chunk. */
export type PostingReader = (term: number, chunk: number, title: number, body: number) => void;

const recordBytes = 10;
const blockBytes: number = recordBytes * 13_107;

/**
 * Postings in the order of chunks, ten bytes each: a JavaScript object each would not fit. With a file
 * they go there block by block, and memory does not grow with them.
 */
export class PostingLog {
  readonly #file: number | undefined;
  readonly #blocks: Uint8Array[] = [];
  #block: Uint8Array = new Uint8Array(blockBytes);
  #view: DataView = new DataView(this.#block.buffer);
  #filled = 0;
  #written = 0;

  /** @param file Descriptor of an empty file of the caller's, open for reading and writing. */
  constructor(file?: number) {
    this.#file = file;
  }

  push(posting: Posting): void {
    if (this.#filled === blockBytes) {
      this.#spill();
    }
    const at = this.#filled;
    this.#view.setUint32(at, posting.term, true);
    this.#view.setUint32(at + 4, posting.chunk, true);
    this.#view.setUint8(at + 8, posting.title);
    this.#view.setUint8(at + 9, posting.body);
    this.#filled += recordBytes;
  }

  /** Reads all of it, in the order in which it was written. */
  forEach(read: PostingReader): void {
    for (const block of this.#blocks) {
      readBlock(block, block.length, read);
    }
    if (this.#file !== undefined) {
      const block = new Uint8Array(blockBytes);
      for (let at = 0; at < this.#written; at += blockBytes) {
        fill(this.#file, block, at);
        readBlock(block, blockBytes, read);
      }
    }
    readBlock(this.#block, this.#filled, read);
  }

  #spill(): void {
    if (this.#file === undefined) {
      this.#blocks.push(this.#block);
      this.#block = new Uint8Array(blockBytes);
      this.#view = new DataView(this.#block.buffer);
    } else {
      for (let done = 0; done < blockBytes;) {
        done += writeSync(this.#file, this.#block, done, blockBytes - done, this.#written + done);
      }
      this.#written += blockBytes;
    }
    this.#filled = 0;
  }
}

function fill(file: number, block: Uint8Array, at: number): void {
  for (let done = 0; done < block.length;) {
    const count = readSync(file, block, done, block.length - done, at + done);
    if (count === 0) {
      throw new RangeError("the file of postings ended before its end");
    }
    done += count;
  }
}

function readBlock(block: Uint8Array, length: number, read: PostingReader): void {
  const view = new DataView(block.buffer, block.byteOffset, length);
  for (let at = 0; at < length; at += recordBytes) {
    read(
      view.getUint32(at, true),
      view.getUint32(at + 4, true),
      view.getUint8(at + 8),
      view.getUint8(at + 9),
    );
  }
}
