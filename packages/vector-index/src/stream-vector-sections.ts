import { availableParallelism } from "node:os";

import { bytesOf, inBlocks, sectionId } from "@clawkeep/segment";
import type { SectionData } from "@clawkeep/segment";

import { graphThreshold } from "./build-vector-sections.ts";
import type { BuildVectorOptions } from "./build-vector-sections.ts";
import { nativeGraph } from "./engine/build-native.ts";
import { chooseEngine } from "./engine/choose-engine.ts";
import { buildGraph } from "./hnsw/build-graph.ts";
import { baseDegree, degree } from "./hnsw/graph.ts";
import type { Graph } from "./hnsw/graph.ts";
import { openKernel } from "./kernel/open-kernel.ts";
import { codeStride, halfStride, quantise, requireUnit, roundToHalves } from "./quantise.ts";
import type { RowDigests } from "./row-digests.ts";
import { codeDigests, hasRowDigests, linkDigests } from "./row-digests.ts";
import { encodeGraphHeader, encodeVectorHeader } from "./vector-layout.ts";

/** Gives every vector, row by row, from the first; asked for more than once. A row is read at once. */
export type VectorRows = () => Iterable<Float32Array>;

/**
 * The sections that `buildVectorSections` gives for the same vectors, of vectors that lie somewhere
 * else. A row at a time is in memory; with a graph the codes of all of them are, and the graph.
 *
 * @param count How many rows there are.
 * @throws CodedError `VECTOR_INPUT`, `VECTOR_MEMORY`; `VECTOR_NOT_UNIT` when a row's bytes are asked for.
 */
export function streamVectorSections(
  rows: VectorRows,
  count: number,
  dimensions: number,
  options: Omit<BuildVectorOptions, "owners"> = {},
): readonly SectionData[] {
  const header = encodeVectorHeader({ dimensions, vectors: count });
  const wanted = options.graph ?? "auto";
  const withGraph = wanted === true || (wanted === "auto" && count >= graphThreshold);
  const kept = withGraph ? keepCodes(count, dimensions, options) : undefined;
  const weights = kept?.weights ?? new Uint32Array(count);
  const digests = withGraph && hasRowDigests(count) ? codeDigests(dimensions, count) : undefined;
  // Sections are written in the order of their ids: the codes find the weights and what the graph is
  // made of.
  return [
    { id: sectionId.vectorHeader, stride: 64, bytes: header },
    {
      id: sectionId.vectorCodes,
      stride: codeStride(dimensions),
      bytes: inBlocks(codesOf(rows, dimensions, { weights, kept: kept?.codes, digests })),
    },
    { id: sectionId.vectorWeights, stride: 4, bytes: bytesOf(weights) },
    {
      id: sectionId.vectorHalves,
      stride: halfStride(dimensions),
      bytes: inBlocks(halvesOf(rows, dimensions)),
    },
    ...(digests === undefined
      ? []
      : [{ id: sectionId.codeDigests, stride: 32, bytes: later(() => digests.finish()) }]),
    ...(kept === undefined ? [] : graphSections(kept.build, count)),
  ];
}

/** Room for all codes, and the graph over them once they are there. */
interface KeptCodes {
  readonly codes: Int8Array;
  readonly weights: Uint32Array;
  readonly build: () => Graph;
}

function keepCodes(count: number, dimensions: number, options: BuildVectorOptions): KeptCodes {
  const addon = chooseEngine(options.engine);
  const length = count * codeStride(dimensions);
  if (addon === undefined) {
    const kernel = openKernel({ rows: count, dimensions });
    const codes = new Int8Array(kernel.codes.buffer, kernel.codes.byteOffset, length);
    return { codes, weights: kernel.weights, build: () => buildGraph(kernel, count) };
  }
  const threads = options.threads ?? availableParallelism();
  const codes = new Int8Array(length);
  const weights = new Uint32Array(count);
  const build = { addon, threads, kernel: options.nativeKernel };
  const columns = { codes: bytesOf(codes), weights };
  return { codes, weights, build: () => nativeGraph(build, columns, dimensions) };
}

/** The graph is built when the first byte of it is asked for. */
function graphSections(build: () => Graph, count: number): readonly SectionData[] {
  let built: Graph | undefined;
  function* part(of: (graph: Graph) => Uint8Array): Generator<Uint8Array, void, undefined> {
    built ??= build();
    yield of(built);
  }
  return [
    {
      id: sectionId.graphHeader,
      stride: 64,
      bytes: part(({ entry, entryLevel, upper }) =>
        encodeGraphHeader({ entry, entryLevel, upperRows: upper.length / degree }),
      ),
    },
    { id: sectionId.graphLevels, stride: 1, bytes: part(({ levels }) => levels) },
    {
      id: sectionId.graphUpperStarts,
      stride: 4,
      bytes: part(({ upperStarts }) => bytesOf(upperStarts)),
    },
    {
      id: sectionId.graphBaseLinks,
      stride: baseDegree * 4,
      bytes: part(({ base }) => bytesOf(base)),
    },
    {
      id: sectionId.graphUpperLinks,
      stride: degree * 4,
      bytes: part(({ upper }) => bytesOf(upper)),
    },
    ...(hasRowDigests(count)
      ? [
          {
            id: sectionId.linkDigests,
            stride: 32,
            bytes: part(({ base }) => {
              const digests = linkDigests(count);
              digests.add(bytesOf(base));
              return digests.finish();
            }),
          },
        ]
      : []),
  ];
}

/** Bytes that are known once the sections before them are written. */
function* later(bytes: () => Uint8Array): Generator<Uint8Array, void, undefined> {
  yield bytes();
}

function* codesOf(
  rows: VectorRows,
  dimensions: number,
  into: CodeTargets,
): Generator<Uint8Array, void, undefined> {
  const { weights, kept, digests } = into;
  const stride = codeStride(dimensions);
  const shared = new Int8Array(stride);
  let row = 0;
  for (const halves of roundedRows(rows, dimensions)) {
    const codes = kept?.subarray(row * stride, (row + 1) * stride) ?? shared;
    weights[row] = quantise(halves, dimensions, codes);
    digests?.add(bytesOf(codes));
    row += 1;
    yield bytesOf(codes);
  }
}

/** What is made of the codes while they are written. */
interface CodeTargets {
  readonly weights: Uint32Array;
  readonly kept: Int8Array | undefined;
  readonly digests: RowDigests | undefined;
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
