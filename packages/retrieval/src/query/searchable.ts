import type { Digest } from "@clawkeep/integrity";
import type { ChunkRow } from "@clawkeep/segment";

import type { FileTimes } from "../snapshot/file-times.ts";
import type { Snapshot } from "../snapshot/snapshot.ts";
import type { IndexPart } from "./open-index.ts";

/** One of several indexes that are searched as one. */
export interface SearchedCollection {
  /** What citations call it. */
  readonly name: string;
  /** Folders and files of it that belong to the collection; empty for all. */
  readonly scopes: readonly string[];
  readonly snapshotRoot: Digest;
  readonly documents: number;
  readonly chunks: number;
  /** As in `Answer.vectors`; undefined when both legs of it answer. */
  readonly vectors: string | undefined;
}

/** What a query is answered from: one index, or several. */
export interface Searchable {
  /** Names the content of all of it. */
  readonly snapshotRoot: Digest;
  /** What is published of each index. */
  readonly snapshots: readonly Snapshot[];
  /** Every segment, those of one index next to each other. */
  readonly parts: readonly IndexPart[];
  /** Undefined when both legs answer. Otherwise why the keyword leg answers alone. */
  readonly vectors: string | undefined;
  /** By name; empty for one index that has none. */
  readonly collections: readonly SearchedCollection[];
  /** The collection that a segment is part of. */
  collectionOf(segment: number): SearchedCollection | undefined;
  /** When the indexed files of a segment were last changed. */
  timesOf(segment: number): FileTimes;
  /** The row of a chunk. */
  row(place: { readonly segment: number; readonly chunk: number }): ChunkRow;
}
