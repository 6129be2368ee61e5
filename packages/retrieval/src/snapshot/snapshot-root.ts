import type { CompactTree, Digest } from "@clawkeep/integrity";
import {
  appendLeaf,
  canonicalJson,
  compactRoot,
  digestBytes,
  emptyTree,
  leafHash,
} from "@clawkeep/integrity";

import type { SnapshotContent, SnapshotSegment } from "./snapshot.ts";

/** What one living chunk adds to the root: where it stands and what it says. */
export interface ChunkLeaf {
  readonly path: string;
  readonly byteStart: number;
  readonly byteEnd: number;
  readonly chunkDigest: Digest;
  readonly documentDigest: Digest;
  /** Canonical JSON of the locator, where there is one: the byte numbers count in a text layer then. */
  readonly locator?: string;
}

/**
 * RFC 6962 tree hash over {@link chunkLeaf} of each living chunk, in this order: by the
 * bytes of the path, then by place. So one citation can be proven against a root with a short proof.
 */
export function chunkRoot(leaves: Iterable<ChunkLeaf>): Digest {
  let tree = emptyTree;
  for (const leaf of leaves) {
    tree = appendLeaf(tree, chunkLeaf(leaf));
  }
  return treeRoot(tree);
}

/** The same of a tree that was built leaf by leaf. */
export function treeRoot(tree: CompactTree): Digest {
  return `sha256:${Buffer.from(compactRoot(tree)).toString("hex")}`;
}

/** The leaf hash of one living chunk. */
export function chunkLeaf(leaf: ChunkLeaf): Uint8Array {
  return leafHash(
    canonicalJson({
      byteEnd: leaf.byteEnd,
      byteStart: leaf.byteStart,
      chunkDigest: leaf.chunkDigest,
      documentDigest: leaf.documentDigest,
      ...(leaf.locator === undefined ? {} : { locator: leaf.locator }),
      path: leaf.path,
    }),
  );
}

/**
 * The root that names an index's content: a digest over the segments' digests and the chunk root,
 * and over what the vectors and terms mean. No time, no id, no path of a folder: the same files
 * indexed by the same build anywhere give the same root.
 */
export function snapshotRoot(content: SnapshotContent): Digest {
  return digestBytes(
    canonicalJson({
      analyser: content.analyser,
      chunkRoot: content.chunkRoot,
      chunker: content.chunker,
      chunks: content.chunks,
      documents: content.documents,
      format: content.format,
      segments: content.segments.map(segmentJson),
      spaceId: content.spaceId,
    }),
    "clawkeep snapshot v1",
  );
}

/** A segment's entry as JSON, members that are absent left out. */
export function segmentJson(segment: SnapshotSegment): Record<string, string | number> {
  return {
    chunks: segment.chunks,
    digest: segment.digest,
    file: segment.file,
    ...(segment.deleted === undefined ? {} : { deleted: segment.deleted }),
  };
}
