import { sectionId } from "@clawkeep/segment";
import type { Segment } from "@clawkeep/segment";

import { fromHalf } from "./half-float.ts";
import { queryError } from "./query-error.ts";
import { halfStride } from "./quantise.ts";
import { readVectorShape, wordsOf } from "./vector-layout.ts";

/** Reads vectors of chunks out of a segment, to compare chunks with each other. */
export type ChunkVectors = (chunk: number) => Float32Array | undefined;

/**
 * The first vector of each chunk, as it was rounded to halves; undefined for a chunk without one. Reads
 * the rows that are asked for and nothing else.
 *
 * @throws CodedError `SEGMENT_…` when a section is missing, damaged or has another shape,
 * `VECTOR_QUERY` for a chunk that is not there.
 */
export function openChunkVectors(segment: Segment): ChunkVectors {
  const { dimensions, vectors } = readVectorShape(segment);
  const owners =
    segment.entry(sectionId.vectorOwners) === undefined
      ? undefined
      : wordsOf(segment.section(sectionId.vectorOwners));
  const stride = halfStride(dimensions);
  return (chunk) => {
    if (!Number.isInteger(chunk) || chunk < 0 || chunk >= segment.chunkCount) {
      throw queryError(`expected a chunk below ${segment.chunkCount}, got ${chunk}`);
    }
    const row = owners === undefined ? chunk : owners.indexOf(chunk);
    if (row < 0 || row >= vectors) {
      return undefined;
    }
    const bytes = segment.slice(sectionId.vectorHalves, row * stride, stride);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    return Float32Array.from({ length: dimensions }, (_, index) =>
      fromHalf(view.getUint16(index * 2, true)),
    );
  };
}
