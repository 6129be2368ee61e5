import { bytesOf, inBlocks, sectionId } from "@clawkeep/segment";
import type { SectionData } from "@clawkeep/segment";

import { buildVectorSections, graphThreshold } from "./build-vector-sections.ts";
import { codeStride, halfStride, quantise, requireUnit, roundToHalves } from "./quantise.ts";
import { encodeVectorHeader } from "./vector-layout.ts";

/** Gives every vector, row by row, from the first; asked for more than once. A row is read at once. */
export type VectorRows = () => Iterable<Float32Array>;

/**
 * The sections that `buildVectorSections` gives for the same vectors, of vectors that lie somewhere
 * else. Without a graph a row at a time is in memory; with one, all of them are.
 *
 * @param count How many rows there are.
 * @throws CodedError as `buildVectorSections`, the faults of a row when its bytes are asked for.
 */
export function streamVectorSections(
  rows: VectorRows,
  count: number,
  dimensions: number,
): readonly SectionData[] {
  if (count >= graphThreshold) {
    const vectors = new Float32Array(count * dimensions);
    let row = 0;
    for (const values of rows()) {
      vectors.set(values, row * dimensions);
      row += 1;
    }
    return buildVectorSections(vectors, dimensions);
  }
  const weights = new Uint32Array(count);
  const header = encodeVectorHeader({ dimensions, vectors: count });
  const stride = codeStride(dimensions);
  const halfBytes = halfStride(dimensions);
  return [
    { id: sectionId.vectorHeader, stride: 64, bytes: header },
    // Sections are written in the order of their ids: the codes find the weights that come next.
    {
      id: sectionId.vectorCodes,
      stride,
      bytes: inBlocks(codesOf(rows, dimensions, weights)),
    },
    { id: sectionId.vectorWeights, stride: 4, bytes: bytesOf(weights) },
    { id: sectionId.vectorHalves, stride: halfBytes, bytes: inBlocks(halvesOf(rows, dimensions)) },
  ];
}

function* codesOf(
  rows: VectorRows,
  dimensions: number,
  weights: Uint32Array,
): Generator<Uint8Array, void, undefined> {
  const codes = new Int8Array(codeStride(dimensions));
  let row = 0;
  for (const halves of roundedRows(rows, dimensions)) {
    weights[row] = quantise(halves, dimensions, codes);
    row += 1;
    yield bytesOf(codes);
  }
}

function* halvesOf(rows: VectorRows, dimensions: number): Generator<Uint8Array, void, undefined> {
  for (const halves of roundedRows(rows, dimensions)) {
    yield bytesOf(halves);
  }
}

function* roundedRows(
  rows: VectorRows,
  dimensions: number,
): Generator<Uint16Array, void, undefined> {
  const halves = new Uint16Array(halfStride(dimensions) / 2);
  let row = 0;
  for (const values of rows()) {
    requireUnit(values, "VECTOR_NOT_UNIT", `vector ${row}`);
    roundToHalves(values, halves);
    row += 1;
    yield halves;
  }
}
