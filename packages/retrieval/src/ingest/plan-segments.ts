import path from "node:path";

import { isCodedError } from "@clawkeep/diagnostics";
import type { Bitset } from "@clawkeep/segment";
import {
  addBit,
  createBitset,
  hasBit,
  openChunkTable,
  openSegment,
  sectionId,
} from "@clawkeep/segment";

import type { DocumentOutline } from "../catalog/catalog-document.ts";
import { decodeDeleted, encodeDeleted } from "../snapshot/deleted-bitset.ts";
import type { Snapshot, SnapshotSegment } from "../snapshot/snapshot.ts";
import { segmentFolder } from "../snapshot/snapshot.ts";

/** How an index is spread over segments, in chunks: docs/decisions/0015. */
export interface SegmentLayout {
  /** An index with fewer is written as a whole by every run that changes it. */
  readonly wholeBelow: number;
  /** A segment with fewer living ones is written anew with whatever is new. */
  readonly smallest: number;
  /** No segment gets more, unless a single document has: what building a graph may take. */
  readonly largest: number;
}

/** What was measured to be worth it. */
export const segmentLayout: SegmentLayout = {
  wholeBelow: 4096,
  smallest: 1024,
  largest: 65_536,
};

/** A segment is rewritten when so many of its chunks are deleted. */
const deadPart = 1 / 4;
/** A segment is written anew together with new chunks when it has at most so many times as many. */
const growth = 4;

/** What a run publishes: segments that stay, and documents that get new ones. */
export interface SegmentPlan {
  readonly kept: readonly SnapshotSegment[];
  /** Paths, for each new segment, by their bytes. */
  readonly written: readonly (readonly string[])[];
}

/**
 * Every document in new segments: nothing that was ever deleted stays in one.
 *
 * @param outline The documents to index, by the bytes of the path.
 */
export function planAll(outline: readonly DocumentOutline[], layout: SegmentLayout): SegmentPlan {
  return { kept: [], written: groupsOf(outline, layout.largest) };
}

/**
 * Keeps the segments of a published snapshot as far as it pays: documents that are gone or changed are
 * marked as deleted, new content gets a segment, and small segments and those with much deleted in
 * them are written anew together with it. So a change takes work in proportion to itself, and there are
 * never more segments than the logarithm of the size says.
 *
 * @param folder The index folder.
 * @param withVectors Whether segments without vectors have to be written anew.
 */
export function planChange(
  outline: readonly DocumentOutline[],
  published: Snapshot,
  folder: string,
  withVectors: boolean,
  layout: SegmentLayout,
): SegmentPlan {
  const total = outline.reduce((sum, { chunks }) => sum + chunks, 0);
  if (total < layout.wholeBelow) {
    return planAll(outline, layout);
  }
  const wanted = new Map(outline.map((document) => [document.path, document]));
  const found: Found[] = [];
  try {
    for (const entry of published.segments) {
      found.push(survey(entry, folder, withVectors, wanted));
    }
  } catch (error) {
    if (!isCodedError(error)) {
      throw error;
    }
    // A segment that is gone or damaged: all of it is in the catalog.
    return planAll(outline, layout);
  }
  // What `survey` left is in no segment.
  const writes = new Set(wanted.keys());
  let size = [...wanted.values()].reduce((sum, { chunks }) => sum + chunks, 0);
  const kept = new Set(found.filter(({ living }) => living > 0));
  for (const segment of found.toSorted((a, b) => a.living - b.living)) {
    const worn = segment.entry.chunks - segment.living > segment.entry.chunks * deadPart;
    const small = size > 0 && segment.living < Math.max(layout.smallest, growth * size);
    if (kept.has(segment) && (worn || (small && segment.living + size <= layout.largest))) {
      kept.delete(segment);
      segment.paths.forEach((each) => writes.add(each));
      size += segment.living;
    }
  }
  const rest = outline.filter((document) => writes.has(document.path));
  return {
    kept: [...kept].map(({ entry, deleted }) => withDeleted(entry, deleted)),
    written: groupsOf(rest, layout.largest),
  };
}

/** A published segment against what is to be indexed. */
interface Found {
  readonly entry: SnapshotSegment;
  /** Those of before, and of documents that are gone or changed. */
  readonly deleted: Bitset;
  readonly living: number;
  readonly paths: readonly string[];
}

/** Takes the documents that the segment holds out of `wanted`. */
function survey(
  entry: SnapshotSegment,
  folder: string,
  withVectors: boolean,
  wanted: Map<string, DocumentOutline>,
): Found {
  using segment = openSegment(path.join(folder, segmentFolder, entry.file), {
    digest: entry.digest,
  });
  const usable = !withVectors || segment.entry(sectionId.vectorHeader) !== undefined;
  const table = openChunkTable(segment);
  const deleted = decodeDeleted(entry) ?? createBitset(entry.chunks);
  const paths: string[] = [];
  let living = 0;
  for (let place = 0; place < table.documentCount; place += 1) {
    const document = table.document(place);
    const { firstChunk, chunkCount } = document;
    const now = wanted.get(document.path);
    const same =
      usable &&
      !hasBit(deleted, firstChunk) &&
      now?.digest === document.digest &&
      now.chunks === chunkCount;
    if (same) {
      wanted.delete(document.path);
      paths.push(document.path);
      living += chunkCount;
    } else {
      for (let chunk = firstChunk; chunk < firstChunk + chunkCount; chunk += 1) {
        addBit(deleted, chunk);
      }
    }
  }
  return { entry, deleted, living, paths };
}

function withDeleted(entry: SnapshotSegment, deleted: Bitset): SnapshotSegment {
  const { file, digest, chunks } = entry;
  return deleted.some((word) => word !== 0)
    ? { file, digest, chunks, deleted: encodeDeleted(deleted, chunks) }
    : { file, digest, chunks };
}

/** Runs of documents with at most so many chunks, documents without any left out. */
function groupsOf(
  outline: readonly DocumentOutline[],
  largest: number,
): readonly (readonly string[])[] {
  const groups: string[][] = [];
  let room = 0;
  for (const { path: name, chunks } of outline) {
    if (chunks === 0) {
      continue;
    }
    if (groups.length === 0 || chunks > room) {
      groups.push([]);
      room = largest;
    }
    groups.at(-1)?.push(name);
    room -= chunks;
  }
  return groups;
}
