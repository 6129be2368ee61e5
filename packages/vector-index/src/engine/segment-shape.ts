import { sectionId } from "@clawkeep/segment";
import type { Segment } from "@clawkeep/segment";

import { readGraphShape, readVectorShape } from "../vector-layout.ts";

/** In the order in which the addon takes them. */
const sections: readonly number[] = [
  sectionId.vectorCodes,
  sectionId.vectorWeights,
  sectionId.vectorHalves,
  sectionId.vectorOwners,
  sectionId.graphLevels,
  sectionId.graphUpperStarts,
  sectionId.graphBaseLinks,
  sectionId.graphUpperLinks,
  sectionId.codeDigests,
  sectionId.linkDigests,
];

/** What the addon has to know of a segment. */
export interface EngineShape {
  readonly dimensions: number;
  readonly vectors: number;
  readonly graph: boolean;
  /** As `crates/engine/src/shape.rs` reads it. */
  readonly numbers: Float64Array;
}

/**
 * Reads headers and table; the addon holds all of it against the file once more.
 * @throws CodedError `SEGMENT_…`.
 */
export function engineShape(segment: Segment, kind: "auto" | "exact"): EngineShape {
  const { dimensions, vectors } = readVectorShape(segment);
  const shape = kind === "exact" ? undefined : readGraphShape(segment, vectors);
  const graph = vectors === 0 ? undefined : shape;
  const firstBlocks = new Map<number, number>();
  let blocks = 0;
  for (const entry of segment.entries) {
    firstBlocks.set(entry.id, blocks);
    blocks += Math.ceil(entry.length / 2 ** segment.blockSizeLog2);
  }
  const places = sections.flatMap((id) => {
    const entry = segment.entry(id);
    return entry === undefined ? [0, 0, 0] : [entry.offset, entry.length, firstBlocks.get(id) ?? 0];
  });
  const numbers = Float64Array.of(
    segment.byteLength,
    segment.blockSizeLog2,
    dimensions,
    vectors,
    segment.chunkCount,
    segment.entry(sectionId.vectorOwners) === undefined ? 0 : 1,
    graph === undefined ? 0 : 1,
    graph?.entry ?? 0,
    graph?.entryLevel ?? 0,
    graph?.upperRows ?? 0,
    graph?.rowDigests === true ? 1 : 0,
    ...places,
  );
  return { dimensions, vectors, graph: graph !== undefined, numbers };
}
