import { hash } from "node:crypto";

import { sectionId } from "@clawkeep/segment";
import type { SectionData } from "@clawkeep/segment";

import { baseDegree } from "./hnsw/graph.ts";
import { codeStride } from "./quantise.ts";

/** Rows of codes that have one digest, and rows of base links: the first of them as `docs/index-format.md` 3.6 says. */
export const digestedRows = { codes: 2, links: 8 } as const;

/**
 * From how many vectors on a graph is written with digests of rows. Below, comparing everything when a
 * segment is opened takes less than a millisecond.
 */
export const rowDigestThreshold = 4096;

const digestBytes = 32;

/** SHA-256 of each group of rows, the last one shorter. */
export class RowDigests {
  /** All digests, once every row was added. */
  readonly bytes: Uint8Array;
  readonly #group: Uint8Array;
  #filled = 0;
  #written = 0;

  /** @param group Bytes of the rows that have one digest. @param length Bytes of all rows. */
  constructor(group: number, length: number) {
    this.bytes = new Uint8Array(Math.ceil(length / group) * digestBytes);
    this.#group = new Uint8Array(group);
  }

  /** Takes the next bytes: whole rows or parts of them. */
  add(bytes: Uint8Array): void {
    for (let from = 0; from < bytes.length;) {
      const count = Math.min(this.#group.length - this.#filled, bytes.length - from);
      this.#group.set(bytes.subarray(from, from + count), this.#filled);
      this.#filled += count;
      from += count;
      if (this.#filled === this.#group.length) {
        this.#digest();
      }
    }
  }

  /** Ends the last group. */
  finish(): Uint8Array {
    if (this.#filled > 0) {
      this.#digest();
    }
    return this.bytes;
  }

  #digest(): void {
    const digest = hash("sha256", this.#group.subarray(0, this.#filled), "buffer");
    this.bytes.set(digest, this.#written);
    this.#written += digestBytes;
    this.#filled = 0;
  }
}

/** Whether a graph over so many vectors is written with digests of rows. */
export function hasRowDigests(vectors: number): boolean {
  return vectors >= rowDigestThreshold;
}

/** Digests of rows of codes, for so many vectors. */
export function codeDigests(dimensions: number, vectors: number): RowDigests {
  const stride = codeStride(dimensions);
  return new RowDigests(digestedRows.codes * stride, vectors * stride);
}

/** Digests of rows of base links, for so many vectors. */
export function linkDigests(vectors: number): RowDigests {
  const stride = baseDegree * 4;
  return new RowDigests(digestedRows.links * stride, vectors * stride);
}

/** Both sections over bytes that are in memory. */
export function rowDigestSections(
  codes: Uint8Array,
  links: Uint8Array,
  dimensions: number,
  vectors: number,
): readonly SectionData[] {
  const [ofCodes, ofLinks] = [codeDigests(dimensions, vectors), linkDigests(vectors)];
  ofCodes.add(codes);
  ofLinks.add(links);
  return [
    { id: sectionId.codeDigests, stride: digestBytes, bytes: ofCodes.finish() },
    { id: sectionId.linkDigests, stride: digestBytes, bytes: ofLinks.finish() },
  ];
}
