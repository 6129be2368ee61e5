import { CodedError } from "@clawkeep/diagnostics";
import { requireSection, sectionId, segmentError } from "@clawkeep/segment";
import type { Segment } from "@clawkeep/segment";

import {
  baseDegree,
  degree,
  efConstruction,
  highestLevel,
  largestBatch,
  none,
} from "./hnsw/graph.ts";
import { codeStride, halfStride } from "./quantise.ts";
import { digestedRows } from "./row-digests.ts";

const headerBytes = 64;
const quantisation = 1;
const halfElement = 1;
const graphAlgorithm = 1;
const maxDimensions = 4096;

/** What the vector header says. */
export interface VectorShape {
  readonly dimensions: number;
  readonly vectors: number;
}

/** What the graph header says. */
export interface GraphShape {
  readonly entry: number;
  readonly entryLevel: number;
  readonly upperRows: number;
}

/** What the sections of a graph say beside its header. */
export interface GraphSections extends GraphShape {
  /** Whether rows of codes and of base links have digests of their own. */
  readonly rowDigests: boolean;
}

/** Bytes of the vector header. @throws CodedError `VECTOR_INPUT` for dimensions out of range. */
export function encodeVectorHeader(shape: VectorShape): Uint8Array {
  if (
    !Number.isInteger(shape.dimensions) ||
    shape.dimensions < 1 ||
    shape.dimensions > maxDimensions
  ) {
    throw new CodedError({
      code: "VECTOR_INPUT",
      message: `expected 1 to ${maxDimensions} dimensions, got ${shape.dimensions}`,
      hint: "use a model with fewer dimensions",
    });
  }
  return words([shape.dimensions, shape.vectors, quantisation, halfElement]);
}

/** Bytes of the graph header. */
export function encodeGraphHeader(shape: GraphShape): Uint8Array {
  const fixed = [graphAlgorithm, degree, baseDegree, efConstruction, largestBatch];
  return words([...fixed, shape.entry, shape.entryLevel, shape.upperRows]);
}

/**
 * Reads the vector header and holds the other vector sections against it.
 * @throws CodedError `SEGMENT_SECTION`.
 */
export function readVectorShape(segment: Segment): VectorShape {
  requireSection(segment, sectionId.vectorHeader, headerBytes, 1);
  const view = viewOf(segment.section(sectionId.vectorHeader));
  const dimensions = view.getUint32(0, true);
  const vectors = view.getUint32(4, true);
  const known =
    view.getUint32(8, true) === quantisation && view.getUint32(12, true) === halfElement;
  if (dimensions < 1 || dimensions > maxDimensions || !known) {
    throw segmentError("SEGMENT_SECTION", `the vector header of ${segment.path} is out of range`);
  }
  requireSection(segment, sectionId.vectorCodes, codeStride(dimensions), vectors);
  requireSection(segment, sectionId.vectorWeights, 4, vectors);
  requireSection(segment, sectionId.vectorHalves, halfStride(dimensions), vectors);
  if (segment.entry(sectionId.vectorOwners) !== undefined) {
    requireSection(segment, sectionId.vectorOwners, 4, vectors);
  } else if (vectors > segment.chunkCount) {
    const message = `expected at most ${segment.chunkCount} vectors without owners, got ${vectors}`;
    throw segmentError("SEGMENT_SECTION", `${message} in ${segment.path}`);
  }
  return { dimensions, vectors };
}

/**
 * Reads the graph header and holds the other graph sections against it. Undefined when there is no
 * graph, or one of another algorithm: a search does without it then.
 * @throws CodedError `SEGMENT_SECTION`.
 */
export function readGraphShape(segment: Segment, vectors: number): GraphSections | undefined {
  if (segment.entry(sectionId.graphHeader) === undefined) {
    return undefined;
  }
  requireSection(segment, sectionId.graphHeader, headerBytes, 1);
  const view = viewOf(segment.section(sectionId.graphHeader));
  const sameGraph =
    view.getUint32(0, true) === graphAlgorithm &&
    view.getUint32(4, true) === degree &&
    view.getUint32(8, true) === baseDegree;
  if (!sameGraph) {
    return undefined;
  }
  const entry = view.getUint32(20, true);
  const entryLevel = view.getUint32(24, true);
  const upperRows = view.getUint32(28, true);
  const soundEntry = vectors === 0 ? entry === none : entry < vectors;
  if (!soundEntry || entryLevel > highestLevel) {
    throw segmentError("SEGMENT_SECTION", `the graph header of ${segment.path} is out of range`);
  }
  requireSection(segment, sectionId.graphLevels, 1, vectors);
  requireSection(segment, sectionId.graphUpperStarts, 4, vectors);
  requireSection(segment, sectionId.graphBaseLinks, baseDegree * 4, vectors);
  requireSection(segment, sectionId.graphUpperLinks, degree * 4, upperRows);
  const rowDigests =
    segment.entry(sectionId.codeDigests) !== undefined &&
    segment.entry(sectionId.linkDigests) !== undefined;
  if (rowDigests) {
    const { codes, links } = digestedRows;
    requireSection(segment, sectionId.codeDigests, 32, Math.ceil(vectors / codes));
    requireSection(segment, sectionId.linkDigests, 32, Math.ceil(vectors / links));
  }
  return { entry, entryLevel, upperRows, rowDigests };
}

/** A verified section as 32-bit words. Sections start at the start of their own buffer. */
export function wordsOf(bytes: Uint8Array): Uint32Array {
  return new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
}

function words(values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(headerBytes);
  const view = viewOf(bytes);
  values.forEach((value, index) => view.setUint32(index * 4, value, true));
  return bytes;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
