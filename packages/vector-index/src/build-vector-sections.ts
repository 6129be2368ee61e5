import { availableParallelism } from "node:os";

import { CodedError } from "@clawkeep/diagnostics";
import { bytesOf, sectionId } from "@clawkeep/segment";
import type { SectionData } from "@clawkeep/segment";

import { nativeColumns, nativeGraph } from "./engine/build-native.ts";
import { chooseEngine } from "./engine/choose-engine.ts";
import type { EngineChoice } from "./engine/choose-engine.ts";
import { buildGraph } from "./hnsw/build-graph.ts";
import { baseDegree, degree } from "./hnsw/graph.ts";
import type { Graph } from "./hnsw/graph.ts";
import { codeStride, halfStride } from "./quantise.ts";
import { hasRowDigests, rowDigestSections } from "./row-digests.ts";
import { portableColumns } from "./vector-columns.ts";
import type { VectorColumns } from "./vector-columns.ts";
import { encodeGraphHeader, encodeVectorHeader } from "./vector-layout.ts";

/** How to build the vector sections. */
export interface BuildVectorOptions {
  /** The chunk of each vector, ascending. Default: vector i belongs to chunk i. */
  readonly owners?: ArrayLike<number>;
  /**
   * Whether to build a graph: `auto` from {@link graphThreshold} vectors on. Default `auto`.
   */
  readonly graph?: boolean | "auto";
  /** Who builds; the bytes are the same. Default: `CLAWKEEP_ENGINE` of the environment, else `auto`. */
  readonly engine?: EngineChoice;
  /** Threads of the native engine; the bytes are the same. Default: as many as the machine runs at once. */
  readonly threads?: number;
  /** Kernel of the native engine, for tests and measurements. Default: the fastest. */
  readonly nativeKernel?: string;
}

/**
 * From how many vectors on a graph is worth its build: docs/decisions/0014. The same for both engines,
 * because the bytes of a segment do not depend on who wrote it.
 */
export const graphThreshold = 16_384;

/**
 * The vector sections of a segment, graph included where it pays. The bytes depend on the vectors
 * and owners alone.
 * @param vectors Row after row, each a unit vector of `dimensions` values.
 * @throws CodedError `VECTOR_INPUT` for lengths, dimensions or owners that do not fit together,
 * `VECTOR_NOT_UNIT` for a row that is not a unit vector, `VECTOR_MEMORY`.
 */
export function buildVectorSections(
  vectors: Float32Array,
  dimensions: number,
  options: BuildVectorOptions = {},
): readonly SectionData[] {
  const header = encodeVectorHeader({ dimensions, vectors: vectors.length / dimensions });
  const count = vectors.length / dimensions;
  if (!Number.isInteger(count)) {
    throw inputError(`expected a multiple of ${dimensions} values, got ${vectors.length}`);
  }
  const owners = ownersOf(options.owners, count);
  const { columns, graph: buildIt } = built(vectors, dimensions, options);
  const sections: SectionData[] = [
    { id: sectionId.vectorHeader, stride: 64, bytes: header },
    { id: sectionId.vectorCodes, stride: codeStride(dimensions), bytes: columns.codes },
    { id: sectionId.vectorWeights, stride: 4, bytes: bytesOf(columns.weights) },
    {
      id: sectionId.vectorHalves,
      stride: halfStride(dimensions),
      bytes: bytesOf(columns.halves),
    },
  ];
  if (owners !== undefined) {
    sections.push({ id: sectionId.vectorOwners, stride: 4, bytes: bytesOf(owners) });
  }
  const wanted = options.graph ?? "auto";
  if (wanted === true || (wanted === "auto" && count >= graphThreshold)) {
    const graph = buildIt();
    const upperRows = graph.upper.length / degree;
    const { entry, entryLevel } = graph;
    const graphHeader = encodeGraphHeader({ entry, entryLevel, upperRows });
    sections.push(
      { id: sectionId.graphHeader, stride: 64, bytes: graphHeader },
      { id: sectionId.graphLevels, stride: 1, bytes: graph.levels },
      { id: sectionId.graphUpperStarts, stride: 4, bytes: bytesOf(graph.upperStarts) },
      { id: sectionId.graphBaseLinks, stride: baseDegree * 4, bytes: bytesOf(graph.base) },
      { id: sectionId.graphUpperLinks, stride: degree * 4, bytes: bytesOf(graph.upper) },
      ...(hasRowDigests(count)
        ? rowDigestSections(columns.codes, bytesOf(graph.base), dimensions, count)
        : []),
    );
  }
  return sections.toSorted((a, b) => a.id - b.id);
}

interface Built {
  readonly columns: VectorColumns;
  readonly graph: () => Graph;
}

function built(vectors: Float32Array, dimensions: number, options: BuildVectorOptions): Built {
  const addon = chooseEngine(options.engine);
  if (addon === undefined) {
    const columns = portableColumns(vectors, dimensions);
    return { columns, graph: () => buildGraph(columns.kernel, columns.weights.length) };
  }
  const threads = options.threads ?? availableParallelism();
  const build = { addon, threads, kernel: options.nativeKernel };
  const columns = nativeColumns(build, vectors, dimensions);
  return { columns, graph: () => nativeGraph(build, columns, dimensions) };
}

function ownersOf(owners: ArrayLike<number> | undefined, count: number): Uint32Array | undefined {
  if (owners === undefined) {
    return undefined;
  }
  if (owners.length !== count) {
    throw inputError(`expected ${count} owners, got ${owners.length}`);
  }
  for (let index = 0; index < count; index += 1) {
    const owner = owners[index] ?? -1;
    if (!Number.isInteger(owner) || owner < (owners[index - 1] ?? 0) || owner >= 2 ** 31) {
      throw inputError(`expected ascending chunk ids, got ${owner} as owner of vector ${index}`);
    }
  }
  return Uint32Array.from(owners);
}

function inputError(message: string): CodedError {
  const hint = "this is a defect of the program that builds the index";
  return new CodedError({ code: "VECTOR_INPUT", message, hint });
}
