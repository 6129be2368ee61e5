import { countBits, hasBit, sectionId, segmentError } from "@clawkeep/segment";
import type { Bitset, Segment } from "@clawkeep/segment";

import { CandidateList } from "./candidate-list.ts";
import { chooseEngine } from "./engine/choose-engine.ts";
import type { EngineChoice } from "./engine/choose-engine.ts";
import { openNativeIndex } from "./engine/open-native-index.ts";
import { scanAll } from "./exact-scan.ts";
import type { Graph } from "./hnsw/graph.ts";
import { collect, descend, VisitedSet } from "./hnsw/walk-graph.ts";
import type { CodeKernel, KernelShape } from "./kernel/code-kernel.ts";
import { openKernel } from "./kernel/open-kernel.ts";
import { codeStride, halfStride, quantise, requireUnit, roundToHalves } from "./quantise.ts";
import { queryError } from "./query-error.ts";
import { rankOwners } from "./rank-owners.ts";
import { readGraphShape, readVectorShape, wordsOf } from "./vector-layout.ts";
import type {
  ManyHits,
  ManySearchOptions,
  VectorHits,
  VectorIndex,
  VectorSearchOptions,
} from "./vector-index.ts";

/** How to open the vectors of a segment. */
export interface OpenVectorIndexOptions {
  /**
   * `exact` leaves a graph aside and does not read it: the better choice for a process that answers
   * one query. Default `auto`: the graph where the segment has one.
   */
  readonly kind?: "auto" | "exact";
  /**
   * Reads the rescoring rows whole when opening, for a process that answers many queries; otherwise
   * each query reads the rows that it needs. Default false.
   */
  readonly resident?: boolean;
  /** Who searches; the answers are the same. Default: `CLAWKEEP_ENGINE` of the environment, else `auto`. */
  readonly engine?: EngineChoice;
  /** Opens the kernel of the portable engine. Default: the fastest one. For tests and measurements. */
  readonly kernel?: (shape: KernelShape) => CodeKernel;
  /** Kernel of the native engine, by name. Default: the fastest one. For tests and measurements. */
  readonly nativeKernel?: string;
  /** Whether the native engine maps the file whoever may write to it. For tests and measurements. */
  readonly memory?: "own" | "copy" | "map";
}

/**
 * Candidates beyond `k` that are rescored. Measured on 9,312 real vectors, 500 queries, against exact
 * f32: recall@10 is .9936 without, .9996 from 8 more on; what is left are ties within the rounding to
 * halves, which moves a score by 7e-5 at most.
 */
const rescoringMargin = 16;
/**
 * Candidates of a walk by default, or twice `k` where that is more. On the same vectors recall@10 is
 * .995; on 50,000 vectors recall@10 is .988.
 */
const defaultEf = 64;
/** A walk that would have to keep more than this part of all vectors is slower than a scan. */
const walkLimit = 1 / 8;

/**
 * Opens the vectors of a segment. The native engine maps them; the portable one reads codes, weights,
 * owners and graph whole. Both compare them with their digests.
 * @throws CodedError `SEGMENT_…` when a section is missing, damaged or has another shape,
 * `VECTOR_MEMORY` when it does not fit, `VECTOR_ENGINE`.
 */
export function openVectorIndex(
  segment: Segment,
  options: OpenVectorIndexOptions = {},
): VectorIndex {
  const addon = options.kernel === undefined ? chooseEngine(options.engine) : undefined;
  if (addon !== undefined) {
    const { kind = "auto", nativeKernel, memory } = options;
    return openNativeIndex(addon, segment, { kind, kernel: nativeKernel, memory });
  }
  const { dimensions, vectors } = readVectorShape(segment);
  const kernel = (options.kernel ?? openKernel)({ rows: vectors, dimensions });
  segment.section(sectionId.vectorCodes, kernel.codes);
  const weightBytes = new Uint8Array(kernel.weights.buffer, kernel.weights.byteOffset, vectors * 4);
  segment.section(sectionId.vectorWeights, weightBytes);
  const graph = options.kind === "exact" ? undefined : readGraph(segment, vectors);
  if (options.resident === true) {
    segment.section(sectionId.vectorHalves);
  }
  return new OpenVectorIndex({
    segment,
    dimensions,
    vectors,
    kernel,
    graph,
    owners: readOwners(segment),
  });
}

interface Parts {
  readonly segment: Segment;
  readonly dimensions: number;
  readonly vectors: number;
  readonly kernel: CodeKernel;
  readonly graph: Graph | undefined;
  readonly owners: Uint32Array | undefined;
}

class OpenVectorIndex implements VectorIndex {
  readonly kind: "exact" | "hnsw";
  readonly engine = "portable";
  readonly kernel: string;
  readonly dimensions: number;
  readonly vectorCount: number;
  readonly #parts: Parts;
  readonly #queryCodes: Int8Array;
  #visited: VisitedSet | undefined;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.kind = parts.graph === undefined ? "exact" : "hnsw";
    this.kernel = parts.kernel.name;
    this.dimensions = parts.dimensions;
    this.vectorCount = parts.vectors;
    this.#queryCodes = new Int8Array(codeStride(parts.dimensions));
  }

  search(query: Float32Array, k: number, options: VectorSearchOptions = {}): VectorHits {
    const { vectors, owners, graph } = this.#parts;
    if (!Number.isInteger(k) || k < 0) {
      throw queryError(`expected a whole number of hits, got ${k}`);
    }
    this.#setQuery(query);
    for (let wanted = k; ; wanted *= 2) {
      // Who asks for a shorter list gets it: fewer candidates are rescored then.
      const shortened = graph === undefined ? undefined : options.ef;
      const room = Math.max(0, (shortened ?? Infinity) - wanted);
      const margin = Math.min(rescoringMargin, room);
      const most = Math.min(vectors, wanted + margin);
      const list = this.#candidates(most, margin, options);
      const ids = list.ids.subarray(0, Math.min(list.size, most));
      const hits = rankOwners(ids, this.#rescored(ids), (row) => this.#owner(row), k);
      // Several vectors of one chunk may have taken the places of other chunks: look further.
      if (hits.ids.length === k || owners === undefined || list.size < most || most === vectors) {
        return hits;
      }
    }
  }

  searchInto(query: Float32Array, into: VectorHits, options: VectorSearchOptions = {}): number {
    const { ids, scores } = this.search(query, into.ids.length, options);
    into.ids.set(ids);
    into.scores.set(scores);
    return ids.length;
  }

  searchMany(queries: Float32Array, k: number, options: ManySearchOptions = {}): ManyHits {
    const many = queries.length / this.dimensions;
    if (!Number.isInteger(many)) {
      throw queryError(`expected a multiple of ${this.dimensions} values, got ${queries.length}`);
    }
    const ids = new Int32Array(many * k).fill(-1);
    const scores = new Float32Array(many * k).fill(-1);
    const counts = new Uint32Array(many);
    for (let index = 0; index < many; index += 1) {
      const query = queries.subarray(index * this.dimensions, (index + 1) * this.dimensions);
      const hits = this.search(query, k, options);
      ids.set(hits.ids, index * k);
      scores.set(hits.scores, index * k);
      counts[index] = hits.ids.length;
    }
    return { ids, scores, counts };
  }

  scoresOf(query: Float32Array, ids: ArrayLike<number>): Float32Array {
    this.#setQuery(query);
    const scores = new Float32Array(ids.length).fill(-1);
    for (let index = 0; index < ids.length; index += 1) {
      const { first, end } = this.#rowsOf(ids[index] ?? -1);
      for (let row = first; row < end; row += 1) {
        scores[index] = Math.max(scores[index] ?? -1, this.#rescore(row));
      }
    }
    return scores;
  }

  #setQuery(query: Float32Array): void {
    const { dimensions, kernel } = this.#parts;
    if (query.length !== dimensions) {
      throw queryError(`expected ${dimensions} values, got ${query.length}`);
    }
    requireUnit(query, "VECTOR_QUERY", "a query");
    const halves = new Uint16Array(dimensions);
    roundToHalves(query, halves);
    quantise(halves, dimensions, this.#queryCodes);
    kernel.setQuery(this.#queryCodes);
    kernel.setRescoringQuery(query);
  }

  /** The best rows by key that may be returned. */
  #candidates(most: number, margin: number, options: VectorSearchOptions): CandidateList {
    const { graph, kernel, vectors, segment } = this.#parts;
    const { filter, deleted } = options;
    const narrowed = filter !== undefined || deleted !== undefined;
    const allows = (row: number): boolean => isAllowed(this.#owner(row), filter, deleted);
    if (graph !== undefined && most > 0) {
      const part = narrowed ? allowedPart(segment.chunkCount, filter, deleted) : 1;
      const ef = Math.ceil(
        Math.max(options.ef ?? Math.max(defaultEf, 2 * (most - margin)), most) / part,
      );
      if (ef <= vectors * walkLimit) {
        const found = this.#walk(graph, ef);
        const kept = narrowed ? keep(found, most, allows) : found;
        // A filter that excludes the whole neighbourhood of the query, or a graph in pieces.
        if (kept.size >= most) {
          return kept;
        }
      }
    }
    return scanAll(kernel, vectors, most, narrowed ? allows : undefined);
  }

  #walk(graph: Graph, ef: number): CandidateList {
    const { kernel, vectors } = this.#parts;
    this.#visited ??= new VisitedSet(vectors);
    const keysOf = (count: number): void => kernel.gather(count);
    const walk = { graph, kernel, keysOf, visited: this.#visited };
    const list = new CandidateList(ef);
    collect(walk, descend(walk, 0), 0, list);
    return list;
  }

  #rescored(rows: Int32Array): Float32Array {
    return Float32Array.from(rows, (row) => this.#rescore(row));
  }

  #rescore(row: number): number {
    const { segment, kernel, dimensions } = this.#parts;
    const stride = halfStride(dimensions);
    const score = kernel.rescore(segment.slice(sectionId.vectorHalves, row * stride, stride));
    // Rounding to halves moves the length of a row by about 1e-5.
    return Math.max(-1, Math.min(1, score));
  }

  #owner(row: number): number {
    const { owners, segment } = this.#parts;
    if (owners === undefined) {
      return row;
    }
    const owner = owners[row] ?? -1;
    if (owner < 0 || owner >= segment.chunkCount) {
      const message = `expected an owner below ${segment.chunkCount}, got ${owner}`;
      throw segmentError("SEGMENT_BOUNDS", `${message} for vector ${row} of ${segment.path}`);
    }
    return owner;
  }

  /** The rows of a chunk: owners ascend, so they are consecutive. */
  #rowsOf(chunk: number): { readonly first: number; readonly end: number } {
    const { owners, vectors, segment } = this.#parts;
    if (!Number.isInteger(chunk) || chunk < 0 || chunk >= segment.chunkCount) {
      throw queryError(`expected a chunk below ${segment.chunkCount}, got ${chunk}`);
    }
    if (owners === undefined) {
      return { first: chunk, end: Math.min(chunk + 1, vectors) };
    }
    return { first: lowerBound(owners, chunk), end: lowerBound(owners, chunk + 1) };
  }
}

function readOwners(segment: Segment): Uint32Array | undefined {
  return segment.entry(sectionId.vectorOwners) === undefined
    ? undefined
    : wordsOf(segment.section(sectionId.vectorOwners));
}

function readGraph(segment: Segment, vectors: number): Graph | undefined {
  const shape = readGraphShape(segment, vectors);
  if (shape === undefined || vectors === 0) {
    return undefined;
  }
  return {
    entry: shape.entry,
    entryLevel: shape.entryLevel,
    levels: segment.section(sectionId.graphLevels),
    upperStarts: wordsOf(segment.section(sectionId.graphUpperStarts)),
    base: wordsOf(segment.section(sectionId.graphBaseLinks)),
    upper: wordsOf(segment.section(sectionId.graphUpperLinks)),
  };
}

function isAllowed(chunk: number, filter?: Bitset, deleted?: Bitset): boolean {
  return (
    (filter === undefined || hasBit(filter, chunk)) &&
    (deleted === undefined || !hasBit(deleted, chunk))
  );
}

/** The part of all chunks that may be returned, as if filter and deletes were independent. */
function allowedPart(chunks: number, filter?: Bitset, deleted?: Bitset): number {
  const filtered = filter === undefined ? 1 : countBits(filter, chunks) / chunks;
  const alive = deleted === undefined ? 1 : 1 - countBits(deleted, chunks) / chunks;
  return Math.max(filtered * alive, 1 / (chunks + 1));
}

function keep(found: CandidateList, most: number, allows: (row: number) => boolean): CandidateList {
  const list = new CandidateList(most);
  for (let index = 0; index < found.size && list.size < most; index += 1) {
    const id = found.ids[index] ?? 0;
    if (allows(id)) {
      list.insert(found.keys[index] ?? 0, id);
    }
  }
  return list;
}

function lowerBound(sorted: Uint32Array, value: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] ?? 0) < value) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}
