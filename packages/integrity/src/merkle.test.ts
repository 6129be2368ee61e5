import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { appendLeaf, compactRoot, emptyTree, restoreTree } from "./compact-tree.ts";
import type { CompactTree } from "./compact-tree.ts";
import { leafHash, nodeHash, sameHash } from "./merkle-hash.ts";
import {
  consistencyProof,
  inclusionProof,
  treeHash,
  verifyConsistency,
  verifyInclusion,
} from "./merkle-proof.ts";

/** The leaves that certificate-transparency implementations share as test data, and the roots of the first n. */
const knownLeaves: readonly string[] = [
  "",
  "00",
  "10",
  "2021",
  "3031",
  "40414243",
  "5051525354555657",
  "606162636465666768696a6b6c6d6e6f",
];
const knownRoots: readonly string[] = [
  "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
  "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
  "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
  "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
  "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
  "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
  "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
  "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
  "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

function leaves(count: number): Uint8Array[] {
  return Array.from({ length: count }, (_, index) => leafHash(`leaf ${index}`));
}

function compact(hashes: readonly Uint8Array[]): CompactTree {
  let tree = emptyTree;
  for (const hash of hashes) {
    tree = appendLeaf(tree, hash);
  }
  return tree;
}

describe("the tree of RFC 6962", () => {
  test("has the roots that other implementations have", () => {
    const hashes = knownLeaves.map((hex) => leafHash(Buffer.from(hex, "hex")));
    for (const [size, root] of knownRoots.entries()) {
      expect(Buffer.from(treeHash(hashes.slice(0, size))).toString("hex")).toBe(root);
      expect(Buffer.from(compactRoot(compact(hashes.slice(0, size)))).toString("hex")).toBe(root);
    }
  });

  test("grows leaf by leaf to the same root as all at once", () => {
    let tree = emptyTree;
    const all = leaves(130);
    for (const [index, leaf] of all.entries()) {
      expect(sameHash(compactRoot(tree), treeHash(all.slice(0, index)))).toBe(true);
      tree = appendLeaf(restoreTree(tree.size, tree.tops), leaf);
    }
  });

  test("does not take a leaf for a node", () => {
    const [a, b] = leaves(2) as [Uint8Array, Uint8Array];
    const forged = leafHash(Buffer.concat([a, b]));
    expect(sameHash(forged, nodeHash(a, b))).toBe(false);
  });

  test.each([
    [3, 1],
    [3, 3],
    [0, 1],
    [-1, 0],
    [0.5, 1],
    [2 ** 60, 1],
  ])("refuses to restore %d leaves from %d tops", (size, count) => {
    expect(() => restoreTree(size, leaves(count))).toThrow(/expected/u);
    expect(() => restoreTree(1, [Buffer.alloc(31)])).toThrow(/32 bytes/u);
  });
});

describe("inclusion proofs", () => {
  test("show every leaf of every small tree, and no other leaf, index or size", () => {
    for (let size = 1; size <= 20; size += 1) {
      const all = leaves(size);
      const root = treeHash(all);
      for (const [index, leaf] of all.entries()) {
        const claim = { leaf, index, size, root, proof: inclusionProof(index, all) };
        expect(verifyInclusion(claim)).toBe(true);
        expect(verifyInclusion({ ...claim, leaf: leafHash("other") })).toBe(false);
        expect(verifyInclusion({ ...claim, proof: [...claim.proof, leaf] })).toBe(false);
        expect(verifyInclusion({ ...claim, proof: claim.proof.slice(1) })).toBe(size === 1);
        expect(verifyInclusion({ ...claim, root: leafHash("root") })).toBe(false);
        for (let other = 0; other < size; other += 1) {
          expect(verifyInclusion({ ...claim, index: other })).toBe(other === index);
        }
      }
    }
  });

  test("are refused for what is no index", () => {
    expect(() => inclusionProof(2, leaves(2))).toThrow(/from 0 to 1/u);
    for (const index of [-1, 3, 0.5, Number.NaN]) {
      const all = leaves(3);
      const claim = { leaf: leafHash(""), index, size: 3, root: treeHash(all), proof: [] };
      expect(verifyInclusion(claim)).toBe(false);
    }
  });
});

describe("consistency proofs", () => {
  test("show that every small tree grew from every smaller one", () => {
    const all = leaves(20);
    for (let size = 0; size <= 20; size += 1) {
      const now = all.slice(0, size);
      for (let oldSize = 0; oldSize <= size; oldSize += 1) {
        const claim = {
          oldSize,
          oldRoot: treeHash(all.slice(0, oldSize)),
          size,
          root: treeHash(now),
          proof: consistencyProof(oldSize, now),
        };
        expect(verifyConsistency(claim)).toBe(true);
        expect(verifyConsistency({ ...claim, oldRoot: leafHash("x") })).toBe(false);
        expect(verifyConsistency({ ...claim, proof: [...claim.proof, leafHash("x")] })).toBe(false);
        if (oldSize > 0) {
          expect(verifyConsistency({ ...claim, root: leafHash("x") })).toBe(false);
        }
      }
    }
  });

  test("fail for a tree in which an old leaf was changed", () => {
    const size = fc.integer({ min: 1, max: 40 });
    fc.assert(
      fc.property(size, size, fc.nat(), (a, b, at) => {
        const [oldSize, newSize] = a < b ? [a, b] : [b, a + 1];
        const old = leaves(oldSize);
        const now = leaves(newSize);
        now[at % oldSize] = leafHash("changed");
        const proof = consistencyProof(oldSize, now);
        const claim = {
          oldSize,
          oldRoot: treeHash(old),
          size: newSize,
          root: treeHash(now),
          proof,
        };
        expect(verifyConsistency(claim)).toBe(false);
      }),
    );
  });

  test("are refused for sizes that are none", () => {
    expect(() => consistencyProof(3, leaves(2))).toThrow(/from 0 to 2/u);
    const root = treeHash(leaves(2));
    const claim = { oldSize: 3, oldRoot: root, size: 2, root, proof: [] };
    expect(verifyConsistency(claim)).toBe(false);
    expect(verifyConsistency({ ...claim, oldSize: Number.NaN })).toBe(false);
    expect(verifyConsistency({ ...claim, oldSize: 1 })).toBe(false);
  });
});

test("an inclusion proof is the same when only the tree over the first leaves is there", () => {
  const all = leaves(40);
  for (let size = 1; size <= 40; size += 1) {
    for (let removed = 0; removed < size; removed += 1) {
      const before = compact(all.slice(0, removed));
      const rest = all.slice(removed, size);
      for (const index of new Set([removed, removed + (rest.length >> 1), size - 1])) {
        const whole = inclusionProof(index, all.slice(0, size));
        expect(inclusionProof(index, rest, before)).toEqual(whole);
      }
    }
  }
});
