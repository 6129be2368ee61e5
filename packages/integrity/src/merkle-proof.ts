import { CodedError } from "@clawkeep/diagnostics";

import { emptyTree } from "./compact-tree.ts";
import type { CompactTree } from "./compact-tree.ts";
import { emptyTreeHash, nodeHash, sameHash } from "./merkle-hash.ts";

/** RFC 6962's Merkle Tree Hash, given the leaf hashes in order. */
export function treeHash(leaves: readonly Uint8Array[]): Uint8Array {
  return leaves.length === 0 ? emptyTreeHash() : rangeHash(leaves, 0, leaves.length);
}

/**
 * The audit path of RFC 6962, section 2.1.1: what leads from one leaf to the root.
 *
 * @param index Of the leaf in the whole tree.
 * @param leaves Those that are there.
 * @param before The tree over the leaves before them, when those are not there.
 * @throws CodedError `MERKLE_PROOF_RANGE` when the index is not that of a leaf that is there.
 */
export function inclusionProof(
  index: number,
  leaves: readonly Uint8Array[],
  before: CompactTree = emptyTree,
): Uint8Array[] {
  const size = before.size + leaves.length;
  if (!Number.isSafeInteger(index) || index < before.size || index >= size) {
    throw outOfRange(`an index from ${before.size} to ${size - 1}, got ${index}`);
  }
  const tops = topsByStart(before);
  // A range that a path leaves aside is a perfect subtree, or has a leaf that is there in it.
  const hashOf = (start: number, end: number): Uint8Array => {
    if (end <= before.size) return tops.get(start) as Uint8Array;
    if (start >= before.size) return rangeHash(leaves, start - before.size, end - before.size);
    const middle = start + splitPoint(end - start);
    return nodeHash(hashOf(start, middle), hashOf(middle, end));
  };
  const proof: Uint8Array[] = [];
  let start = 0;
  let end = size;
  while (end - start > 1) {
    const middle = start + splitPoint(end - start);
    if (index < middle) {
      proof.push(hashOf(middle, end));
      end = middle;
    } else {
      proof.push(hashOf(start, middle));
      start = middle;
    }
  }
  return proof.reverse();
}

/** The tops of a tree by the index of their first leaf. */
function topsByStart({ size, tops }: CompactTree): ReadonlyMap<number, Uint8Array> {
  const byStart = new Map<number, Uint8Array>();
  let start = 0;
  for (const top of tops) {
    byStart.set(start, top);
    // The largest power of two that is left.
    start += 2 ** Math.floor(Math.log2(size - start));
  }
  return byStart;
}

/** A claim that a leaf stands at an index of the tree with that size and root. */
export interface InclusionClaim {
  readonly leaf: Uint8Array;
  readonly index: number;
  readonly size: number;
  readonly proof: readonly Uint8Array[];
  readonly root: Uint8Array;
}

/** True when the proof shows the claim: RFC 9162, section 2.1.3.2. */
export function verifyInclusion(claim: InclusionClaim): boolean {
  const { index, size, proof } = claim;
  if (!isCount(size) || !isCount(index) || index >= size) {
    return false;
  }
  let node = BigInt(index);
  let last = BigInt(size - 1);
  let hash = claim.leaf;
  for (const sibling of proof) {
    if (last === 0n) {
      return false;
    }
    if ((node & 1n) === 1n || node === last) {
      hash = nodeHash(sibling, hash);
      while ((node & 1n) === 0n && node !== 0n) {
        node >>= 1n;
        last >>= 1n;
      }
    } else {
      hash = nodeHash(hash, sibling);
    }
    node >>= 1n;
    last >>= 1n;
  }
  return last === 0n && sameHash(hash, claim.root);
}

/**
 * The proof of RFC 6962, section 2.1.2, that the tree of all leaves begins with the tree of the
 * first `size` leaves. Empty when `size` is 0 or all of them.
 *
 * @throws CodedError `MERKLE_PROOF_RANGE` when there are fewer leaves than that.
 */
export function consistencyProof(size: number, leaves: readonly Uint8Array[]): Uint8Array[] {
  if (!isCount(size) || size > leaves.length) {
    throw outOfRange(`a size from 0 to ${leaves.length}, got ${size}`);
  }
  return size === 0 ? [] : subproof(size, leaves, 0, leaves.length, true);
}

/** A claim that a tree grew from an older one by appending only. */
export interface ConsistencyClaim {
  readonly oldSize: number;
  readonly oldRoot: Uint8Array;
  readonly size: number;
  readonly root: Uint8Array;
  readonly proof: readonly Uint8Array[];
}

/** True when the proof shows the claim: RFC 9162, section 2.1.4.2. */
export function verifyConsistency(claim: ConsistencyClaim): boolean {
  const { oldSize, size } = claim;
  if (!isCount(oldSize) || !isCount(size) || oldSize > size) {
    return false;
  }
  if (oldSize === 0) {
    return claim.proof.length === 0 && sameHash(claim.oldRoot, emptyTreeHash());
  }
  if (oldSize === size) {
    return claim.proof.length === 0 && sameHash(claim.oldRoot, claim.root);
  }
  const perfect = Number.isInteger(Math.log2(oldSize));
  const [first, ...siblings] = perfect ? [claim.oldRoot, ...claim.proof] : claim.proof;
  if (first === undefined) {
    return false;
  }
  let node = BigInt(oldSize - 1);
  let last = BigInt(size - 1);
  while ((node & 1n) === 1n) {
    node >>= 1n;
    last >>= 1n;
  }
  let oldHash = first;
  let hash = first;
  for (const sibling of siblings) {
    if (last === 0n) {
      return false;
    }
    if ((node & 1n) === 1n || node === last) {
      oldHash = nodeHash(sibling, oldHash);
      hash = nodeHash(sibling, hash);
      while ((node & 1n) === 0n && node !== 0n) {
        node >>= 1n;
        last >>= 1n;
      }
    } else {
      hash = nodeHash(hash, sibling);
    }
    node >>= 1n;
    last >>= 1n;
  }
  return last === 0n && sameHash(oldHash, claim.oldRoot) && sameHash(hash, claim.root);
}

function subproof(
  size: number,
  leaves: readonly Uint8Array[],
  start: number,
  end: number,
  complete: boolean,
): Uint8Array[] {
  if (size === end - start) {
    return complete ? [] : [rangeHash(leaves, start, end)];
  }
  const split = splitPoint(end - start);
  const middle = start + split;
  return size <= split
    ? [...subproof(size, leaves, start, middle, complete), rangeHash(leaves, middle, end)]
    : [...subproof(size - split, leaves, middle, end, false), rangeHash(leaves, start, middle)];
}

function rangeHash(leaves: readonly Uint8Array[], start: number, end: number): Uint8Array {
  if (end - start === 1) {
    return leaves[start] as Uint8Array;
  }
  const middle = start + splitPoint(end - start);
  return nodeHash(rangeHash(leaves, start, middle), rangeHash(leaves, middle, end));
}

/** The largest power of two that is smaller than the count. */
function splitPoint(count: number): number {
  let power = 1;
  while (power * 2 < count) {
    power *= 2;
  }
  return power;
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

function outOfRange(expected: string): CodedError {
  return new CodedError({ code: "MERKLE_PROOF_RANGE", message: `expected ${expected}` });
}
