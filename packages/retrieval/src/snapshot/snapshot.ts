import type { Digest } from "@clawkeep/integrity";

/** One immutable segment file that a snapshot is made of. */
export interface SnapshotSegment {
  /** File name inside `segments/`. */
  readonly file: string;
  /** The segment's own digest; opening a file with another one is refused. */
  readonly digest: Digest;
  /** Chunks in the file, deleted ones included. */
  readonly chunks: number;
  /** Base64 of a bitset, least significant bit first: bit i set means that chunk i is deleted. */
  readonly deleted?: string;
}

/** What the index holds, apart from who made it and when: the part that `snapshotRoot` covers. */
export interface SnapshotContent {
  readonly format: 1;
  /** Names the space of the vectors; a query embedded in another space is refused. */
  readonly spaceId: string;
  /** Names the analyser whose terms the postings hold. */
  readonly analyser: string;
  /** Names the chunker and its settings. */
  readonly chunker: string;
  /** In search order. */
  readonly segments: readonly SnapshotSegment[];
  /** Living documents. */
  readonly documents: number;
  /** Living chunks. */
  readonly chunks: number;
  /** RFC 6962 tree hash over one leaf per living chunk, ordered by path and place in the file. */
  readonly chunkRoot: Digest;
}

/** The whole of `snapshot.json`. Replacing that file is what publishes an index. */
export interface Snapshot extends SnapshotContent {
  /** Made once per index folder; names the registry entry. */
  readonly indexId: string;
  /** Counts publications of this index from 1. */
  readonly sequence: number;
  /** Digest of the canonical JSON of {@link SnapshotContent}: same content, same root. */
  readonly snapshotRoot: Digest;
}

/** Name of the file that publishes an index. */
export const snapshotFile = "snapshot.json";

/** Folder of the segment files inside an index folder. */
export const segmentFolder = "segments";
