import path from "node:path";

import { CodedError, isCodedError } from "@clawkeep/diagnostics";
import { openKeywordIndex } from "@clawkeep/keyword-index";
import type { ChunkRow, ChunkTable, Segment } from "@clawkeep/segment";
import { openChunkTable, openSegment, sectionId } from "@clawkeep/segment";
import { openVectorIndex } from "@clawkeep/vector-index";

import { decodeDeleted } from "../snapshot/deleted-bitset.ts";
import type { FileTimes } from "../snapshot/file-times.ts";
import { readTimes } from "../snapshot/file-times.ts";
import { parseSnapshotText, readSnapshot, readSnapshotText } from "../snapshot/read-snapshot.ts";
import type { Snapshot } from "../snapshot/snapshot.ts";
import { settledFile } from "../snapshot/settled-file.ts";
import { segmentFolder, snapshotFile } from "../snapshot/snapshot.ts";
import { describeVectors } from "../snapshot/vectors-state.ts";
import type { IndexTrust } from "../trust/require-trust.ts";
import { requireTrust } from "../trust/require-trust.ts";
import type { ChunkPlace } from "./kept-rows.ts";
import { KeptRows } from "./kept-rows.ts";
import type { Searchable } from "./searchable.ts";
import type { SearchableSegment } from "./search-segments.ts";

/** One open segment of a snapshot. */
export interface IndexPart extends SearchableSegment {
  readonly segment: Segment;
  readonly table: ChunkTable;
}

/**
 * A published snapshot, open for queries. It keeps its files open: later publications do not disturb
 * it. It needs nothing but `snapshot.json` and the segments, and writes nothing.
 */
export class Index implements Searchable {
  readonly collections: readonly [] = [];
  readonly snapshot: Snapshot;
  readonly parts: readonly IndexPart[];
  readonly #folder: string;
  readonly #keywordsOnly: boolean;
  /** Of an index that answers many questions. */
  readonly #rows: KeptRows | undefined;
  #times: FileTimes | undefined;
  /** What `snapshot.json` held when it was found to be this snapshot: the same text needs no second look. */
  #current: string | undefined;
  /** The file that held it: while that is there, it need not be read. */
  #currentFile: string | undefined;

  constructor(
    folder: string,
    snapshot: Snapshot,
    parts: readonly IndexPart[],
    { keywordsOnly = false, resident = false }: OpenIndexOptions,
  ) {
    this.#folder = folder;
    this.snapshot = snapshot;
    this.parts = parts;
    this.#keywordsOnly = keywordsOnly;
    this.#rows = resident ? new KeptRows() : undefined;
  }

  /**
   * Undefined when both legs answer. Otherwise why the keyword leg answers alone: `building 42%`, as
   * far as the vectors are now, or `not asked`.
   */
  get vectors(): string | undefined {
    if (this.#keywordsOnly) {
      return "not asked";
    }
    return this.parts.some(({ vectors }) => vectors === undefined)
      ? describeVectors(this.#folder, this.snapshot.snapshotRoot)
      : undefined;
  }

  /**
   * When the indexed files were last changed. Read once.
   *
   * @throws CodedError `INDEX_TIMES`.
   */
  times(): FileTimes {
    this.#times ??= readTimes(this.#folder);
    return this.#times;
  }

  get snapshots(): readonly Snapshot[] {
    return [this.snapshot];
  }

  get snapshotRoot(): Snapshot["snapshotRoot"] {
    return this.snapshot.snapshotRoot;
  }

  collectionOf(): undefined {
    return undefined;
  }

  timesOf(): FileTimes {
    return this.times();
  }

  /** False once another snapshot is published. */
  isCurrent(): boolean {
    // Before it is read: one that takes its place meanwhile is another.
    const file = settledFile(path.join(this.#folder, snapshotFile));
    if (file !== undefined && file === this.#currentFile) return true;
    const text = readSnapshotText(this.#folder);
    if (text === undefined) return false;
    if (text !== this.#current) {
      const { snapshotRoot, sequence } = parseSnapshotText(this.#folder, text);
      const { snapshot } = this;
      if (snapshotRoot !== snapshot.snapshotRoot || sequence !== snapshot.sequence) return false;
      this.#current = text;
    }
    this.#currentFile = file;
    return true;
  }

  /** The row of a chunk. */
  row(place: ChunkPlace): ChunkRow {
    const part = this.parts[place.segment];
    if (part === undefined) {
      throw new RangeError(`no segment ${place.segment}`);
    }
    const read = (): ChunkRow => part.table.row(place.chunk);
    return this.#rows?.row(place, read) ?? read();
  }

  close(): void {
    for (const { segment } of this.parts) {
      segment.close();
    }
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

/** How {@link openIndex} opens. */
export interface OpenIndexOptions {
  /** Keep in memory what every query reads: for a process that answers many. Default false. */
  readonly resident?: boolean;
  /** Leave the vectors alone and answer by keywords: needs no model. Default false. */
  readonly keywordsOnly?: boolean;
}

/**
 * Opens the published snapshot of an index folder. Synchronous, because a cold query does nothing
 * meanwhile. When a publication comes in between, the new snapshot is opened instead, once.
 *
 * @param spaceId Space that queries will be embedded in.
 * @throws CodedError `INDEX_MISSING`, `INDEX_UNTRUSTED`, `INDEX_MODEL` for another space, `SNAPSHOT_*`,
 *   `SEGMENT_*`, `REGISTRY_READ`.
 */
export function openIndex(
  folder: string,
  trust: IndexTrust,
  spaceId: string,
  options: OpenIndexOptions = {},
): Index {
  const snapshot = requireSnapshot(folder);
  try {
    return openSnapshot(folder, snapshot, trust, spaceId, options);
  } catch (error) {
    const newer = requireSnapshot(folder);
    if (newer.snapshotRoot === snapshot.snapshotRoot && newer.sequence === snapshot.sequence) {
      throw error;
    }
    return openSnapshot(folder, newer, trust, spaceId, options);
  }
}

function requireSnapshot(folder: string): Snapshot {
  const snapshot = readSnapshot(folder);
  if (snapshot === undefined) {
    throw new CodedError({
      code: "INDEX_MISSING",
      message: `expected a published index in ${folder}, got none`,
      hint: "make one with: local-rag index DIR",
    });
  }
  return snapshot;
}

function openSnapshot(
  folder: string,
  snapshot: Snapshot,
  trust: IndexTrust,
  spaceId: string,
  options: OpenIndexOptions,
): Index {
  const { resident = false, keywordsOnly = false } = options;
  requireTrust(snapshot, trust, folder);
  if (snapshot.spaceId !== spaceId) {
    throw new CodedError({
      code: "INDEX_MODEL",
      message: `the index in ${folder} was made with another model (space ${snapshot.spaceId}, this one is ${spaceId})`,
      hint: "index the folder again with this model",
    });
  }
  const parts: IndexPart[] = [];
  try {
    for (const entry of snapshot.segments) {
      const file = path.join(folder, segmentFolder, entry.file);
      const segment = openSegment(file, { digest: entry.digest });
      try {
        if (segment.chunkCount !== entry.chunks) {
          throw new CodedError({
            code: "SNAPSHOT_FORMAT",
            message: `expected ${entry.chunks} chunks in ${file}, got ${segment.chunkCount}`,
            hint: "index the folder again",
          });
        }
        parts.push({
          segment,
          vectors:
            keywordsOnly || segment.entry(sectionId.vectorHeader) === undefined
              ? undefined
              : openVectorIndex(segment, { resident }),
          keywords: openKeywordIndex(segment, { resident }),
          table: openChunkTable(segment),
          deleted: decodeDeleted(entry),
        });
      } catch (error) {
        segment.close();
        throw error;
      }
    }
    return new Index(folder, snapshot, parts, options);
  } catch (error) {
    parts.forEach(({ segment }) => segment.close());
    throw isCodedError(error) ? error : unexpected(folder, error);
  }
}

function unexpected(folder: string, cause: unknown): CodedError {
  return new CodedError({
    code: "INDEX_READ",
    message: `expected to open the index in ${folder}`,
    hint: "index the folder again",
    cause,
  });
}
