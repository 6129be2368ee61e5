import { CodedError } from "@clawkeep/diagnostics";

import { emptyTreeHash, hashBytes, nodeHash } from "./merkle-hash.ts";

/**
 * All that is needed to append to a Merkle tree and to know its root: the tops of the perfect
 * subtrees that make it, largest first, one for each 1 bit of `size`.
 */
export interface CompactTree {
  /** Number of leaves. */
  readonly size: number;
  readonly tops: readonly Uint8Array[];
}

/** The tree without leaves. */
export const emptyTree: CompactTree = { size: 0, tops: [] };

/** The tree with one leaf more, given its leaf hash. O(log n) hashes at worst, two on average. */
export function appendLeaf(tree: CompactTree, leaf: Uint8Array): CompactTree {
  let top = leaf;
  let count = tree.tops.length;
  // Each trailing 1 bit of the size is a perfect subtree as large as the one just completed.
  for (let rest = tree.size; rest % 2 === 1; rest = (rest - 1) / 2) {
    count -= 1;
    top = nodeHash(tree.tops[count] as Uint8Array, top);
  }
  return { size: tree.size + 1, tops: [...tree.tops.slice(0, count), top] };
}

/** The tree's root: RFC 6962's Merkle Tree Hash of its leaves. */
export function compactRoot(tree: CompactTree): Uint8Array {
  let root: Uint8Array | undefined;
  for (const top of tree.tops.toReversed()) {
    root = root === undefined ? top : nodeHash(top, root);
  }
  return root ?? emptyTreeHash();
}

/**
 * A tree from its stored parts.
 *
 * @throws CodedError `MERKLE_TREE_SHAPE` when the size is no count, or the tops cannot belong to it.
 */
export function restoreTree(size: number, tops: readonly Uint8Array[]): CompactTree {
  if (!Number.isSafeInteger(size) || size < 0) {
    throw shape(`a count of leaves, got ${size}`);
  }
  let expected = 0;
  for (let rest = size; rest > 0; rest = Math.floor(rest / 2)) {
    expected += rest % 2;
  }
  if (tops.length !== expected) {
    throw shape(`${expected} tops for ${size} leaves, got ${tops.length}`);
  }
  if (tops.some((top) => top.length !== hashBytes)) {
    throw shape(`tops of ${hashBytes} bytes each`);
  }
  return { size, tops };
}

function shape(expected: string): CodedError {
  return new CodedError({ code: "MERKLE_TREE_SHAPE", message: `expected ${expected}` });
}
