import fc from "fast-check";
import { expect, test } from "vitest";

import { appendLeaf, compactRoot, emptyTree } from "./compact-tree.ts";
import { leafHash } from "./merkle-hash.ts";
import { TreeHasher } from "./tree-hasher.ts";

test("a tree hasher grows the tree that appendLeaf grows, from any tree on", () => {
  const leaves = fc.array(fc.uint8Array({ maxLength: 80 }), { maxLength: 70 });
  fc.assert(
    fc.property(leaves, fc.nat(70), (all, split) => {
      let tree = emptyTree;
      let hasher = new TreeHasher();
      for (const [index, leaf] of all.entries()) {
        if (index === split) hasher = new TreeHasher(tree);
        tree = appendLeaf(tree, leafHash(leaf));
        hasher.append(Buffer.concat([Uint8Array.of(0), leaf]));
        expect(hasher.size).toBe(tree.size);
        expect(Buffer.compare(hasher.root(), compactRoot(tree))).toBe(0);
      }
      const hex = (tops: readonly Uint8Array[]): readonly string[] =>
        tops.map((top) => Buffer.from(top).toString("hex"));
      expect(hex(hasher.tree().tops)).toEqual(hex(tree.tops));
    }),
  );
});
