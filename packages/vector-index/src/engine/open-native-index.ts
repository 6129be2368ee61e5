import { availableParallelism } from "node:os";

import type { EngineHandle, VectorAddon } from "@clawkeep/native-engine";
import { sectionId } from "@clawkeep/segment";
import type { Segment } from "@clawkeep/segment";

import { queryError } from "../query-error.ts";
import type {
  ManyHits,
  ManySearchOptions,
  VectorHits,
  VectorIndex,
  VectorSearchOptions,
} from "../vector-index.ts";
import { engineFault, faultReport } from "./engine-fault.ts";
import { engineShape } from "./segment-shape.ts";
import type { EngineShape } from "./segment-shape.ts";

/** How to bring a segment's vectors into memory. */
export interface NativeOptions {
  readonly kind: "auto" | "exact";
  /** Default: the fastest. */
  readonly kernel?: string | undefined;
  /**
   * `own` maps a file that nobody but its owner, us or root, may write to, and copies any other; `copy`
   * and `map` do that whoever may. Default `own`.
   */
  readonly memory?: keyof typeof memoryCodes | undefined;
}

const memoryCodes = { own: 0, copy: 1, map: 2 } as const;

/**
 * Opens the vectors of a segment with the native engine.
 * @throws CodedError as `openVectorIndex`.
 */
export function openNativeIndex(
  addon: VectorAddon,
  segment: Segment,
  options: NativeOptions,
): VectorIndex {
  const shape = engineShape(segment, options.kind);
  const fault = faultReport();
  const handle = addon.open(
    segment.descriptor,
    shape.numbers,
    segment.section(sectionId.blockDigests),
    options.kernel,
    memoryCodes[options.memory ?? "own"],
    fault,
  );
  if (handle === undefined) {
    throw engineFault(fault, { path: segment.path, dimensions: shape.dimensions });
  }
  segment.whenClosed(() => addon.close(handle));
  const kernel = options.kernel ?? addon.kernels().split(",")[0] ?? "scalar";
  return new NativeIndex({ addon, segment, handle, shape, kernel });
}

interface Parts {
  readonly addon: VectorAddon;
  readonly segment: Segment;
  readonly handle: EngineHandle;
  readonly shape: EngineShape;
  readonly kernel: string;
}

class NativeIndex implements VectorIndex {
  readonly kind: "exact" | "hnsw";
  readonly engine = "native";
  readonly kernel: string;
  readonly dimensions: number;
  readonly vectorCount: number;
  readonly #addon: VectorAddon;
  readonly #segment: Segment;
  readonly #handle: EngineHandle;
  readonly #fault: Float64Array = faultReport();

  constructor({ addon, segment, handle, shape, kernel }: Parts) {
    this.kind = shape.graph ? "hnsw" : "exact";
    this.kernel = kernel;
    this.dimensions = shape.dimensions;
    this.vectorCount = shape.vectors;
    this.#addon = addon;
    this.#segment = segment;
    this.#handle = handle;
  }

  search(query: Float32Array, k: number, options: VectorSearchOptions = {}): VectorHits {
    requireCount(k);
    const room = Math.min(k, this.vectorCount);
    const ids = new Int32Array(room);
    const scores = new Float32Array(room);
    const count = this.searchInto(query, { ids, scores }, options);
    return count === room
      ? { ids, scores }
      : { ids: ids.slice(0, count), scores: scores.slice(0, count) };
  }

  searchInto(query: Float32Array, into: VectorHits, options: VectorSearchOptions = {}): number {
    this.#requireOpen();
    const { ef = 0, filter, deleted } = options;
    const { ids, scores } = into;
    const fault = this.#fault;
    const count = this.#addon.search(this.#handle, query, ef, filter, deleted, ids, scores, fault);
    if (count < 0) {
      throw this.#faultOf(query);
    }
    return count;
  }

  searchMany(queries: Float32Array, k: number, options: ManySearchOptions = {}): ManyHits {
    requireCount(k);
    this.#requireOpen();
    const many = queries.length / this.dimensions;
    if (!Number.isInteger(many)) {
      throw queryError(`expected a multiple of ${this.dimensions} values, got ${queries.length}`);
    }
    const { ef = 0, filter, deleted, threads = availableParallelism() } = options;
    const hits = {
      ids: new Int32Array(many * k).fill(-1),
      scores: new Float32Array(many * k).fill(-1),
      counts: new Uint32Array(many),
    };
    const done = this.#addon.searchMany(
      this.#handle,
      queries,
      k,
      ef,
      filter,
      deleted,
      threads,
      hits.ids,
      hits.scores,
      hits.counts,
      this.#fault,
    );
    if (done < 0) {
      throw this.#faultOf(wrongOf(queries, this.dimensions));
    }
    return hits;
  }

  scoresOf(query: Float32Array, ids: ArrayLike<number>): Float32Array {
    this.#requireOpen();
    const { chunkCount } = this.#segment;
    const chunks = new Uint32Array(ids.length);
    for (let index = 0; index < ids.length; index += 1) {
      const chunk = ids[index] ?? -1;
      if (!Number.isInteger(chunk) || chunk < 0 || chunk >= chunkCount) {
        throw queryError(`expected a chunk below ${chunkCount}, got ${chunk}`);
      }
      chunks[index] = chunk;
    }
    const scores = new Float32Array(ids.length);
    if (this.#addon.scoresOf(this.#handle, query, chunks, scores, this.#fault) < 0) {
      throw this.#faultOf(query);
    }
    return scores;
  }

  /** The handle is gone once the segment is closed. */
  #requireOpen(): void {
    void this.#segment.descriptor;
  }

  #faultOf(query: Float32Array): Error {
    const { dimensions } = this;
    return engineFault(this.#fault, { path: this.#segment.path, dimensions, query });
  }
}

/** The first row that is no unit vector, for the message. */
function wrongOf(queries: Float32Array, dimensions: number): Float32Array {
  for (let at = 0; at < queries.length; at += dimensions) {
    const row = queries.subarray(at, at + dimensions);
    const length = Math.sqrt(row.reduce((sum, value) => sum + value * value, 0));
    if (!(Math.abs(length - 1) <= 1e-3)) {
      return row;
    }
  }
  return queries.subarray(0, dimensions);
}

function requireCount(k: number): void {
  if (!Number.isInteger(k) || k < 0) {
    throw queryError(`expected a whole number of hits, got ${k}`);
  }
}
