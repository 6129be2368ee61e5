import type { Digest } from "@clawkeep/integrity";
import { inclusionProof, verifyInclusion } from "@clawkeep/integrity";

import type { SnapshotContent } from "../snapshot/snapshot.ts";
import type { ChunkLeaf } from "../snapshot/snapshot-root.ts";
import { chunkLeaf, snapshotRoot } from "../snapshot/snapshot-root.ts";

/**
 * Shows that a passage is part of a snapshot to somebody who has the root and not the index: the audit
 * path of RFC 6962 from the passage's leaf to `chunkRoot`, and the content whose digest is the root.
 */
export interface CitationProof {
  readonly leaf: ChunkLeaf;
  readonly leafIndex: number;
  /** Hashes of the path, from the leaf up, in hexadecimal. */
  readonly path: readonly string[];
  readonly content: SnapshotContent;
}

/** The proof of one of the snapshot's leaves. */
export function proveCitation(
  content: SnapshotContent,
  leaves: readonly ChunkLeaf[],
  leafIndex: number,
): CitationProof | undefined {
  const leaf = leaves[leafIndex];
  return leaf === undefined
    ? undefined
    : {
        leaf,
        leafIndex,
        path: inclusionProof(leafIndex, leaves.map(chunkLeaf)).map((hash) =>
          Buffer.from(hash).toString("hex"),
        ),
        content,
      };
}

/** True when the proof shows that its leaf is a passage of the snapshot with this root. */
export function checkProof(
  { leaf, leafIndex, path, content }: CitationProof,
  root: Digest,
): boolean {
  return (
    snapshotRoot(content) === root &&
    verifyInclusion({
      leaf: chunkLeaf(leaf),
      index: leafIndex,
      size: content.chunks,
      proof: path.map((hash) => Buffer.from(hash, "hex")),
      root: Buffer.from(content.chunkRoot.slice("sha256:".length), "hex"),
    })
  );
}
