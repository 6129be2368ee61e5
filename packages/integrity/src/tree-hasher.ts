import { hash } from "node:crypto";

import { compactRoot, emptyTree } from "./compact-tree.ts";
import type { CompactTree } from "./compact-tree.ts";
import { hashBytes } from "./merkle-hash.ts";

// A size is at most 2^53 - 1, and there is one top for each of its bits.
const mostTops: number = 53;

/**
 * Grows a Merkle tree leaf by leaf, as `appendLeaf` does, for those who read a whole log: it keeps
 * the tops in one buffer and makes nothing new for a leaf but the text of its hash.
 */
export class TreeHasher {
  readonly #tops: Buffer = Buffer.alloc(mostTops * hashBytes);
  /** 0x01, left, right. */
  readonly #node: Buffer = Buffer.alloc(1 + 2 * hashBytes, 1);
  #count: number = 0;
  #size: number = 0;

  /** @param from The tree to go on from. */
  constructor(from: CompactTree = emptyTree) {
    this.restart(from);
  }

  /** Number of leaves. */
  get size(): number {
    return this.#size;
  }

  /** Goes on from another tree. */
  restart(from: CompactTree): void {
    this.#size = from.size;
    this.#count = from.tops.length;
    for (const [index, top] of from.tops.entries()) {
      this.#tops.set(top, index * hashBytes);
    }
  }

  /** Adds a leaf. @param prefixed The byte 0x00 and the leaf's data behind it. */
  append(prefixed: Uint8Array): void {
    const node = this.#node;
    const tops = this.#tops;
    const right = 1 + hashBytes;
    // Node makes a text of a hash three times as fast as a buffer.
    node.write(hash("sha256", prefixed, "binary"), right, hashBytes, "latin1");
    let count = this.#count;
    for (let rest = this.#size; rest % 2 === 1; rest = (rest - 1) / 2) {
      count -= 1;
      tops.copy(node, 1, count * hashBytes, (count + 1) * hashBytes);
      node.write(hash("sha256", node, "binary"), right, hashBytes, "latin1");
    }
    node.copy(tops, count * hashBytes, right, right + hashBytes);
    this.#count = count + 1;
    this.#size += 1;
  }

  /** The tree as it is now. */
  tree(): CompactTree {
    const tops = Array.from({ length: this.#count }, (_, index) =>
      Uint8Array.from(this.#tops.subarray(index * hashBytes, (index + 1) * hashBytes)),
    );
    return { size: this.#size, tops };
  }

  /** The root over the leaves so far. */
  root(): Uint8Array {
    return compactRoot(this.tree());
  }
}
