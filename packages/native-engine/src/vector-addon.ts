import type { FaultReport } from "./fault-report.ts";

/** An open index in the addon's memory. */
export type EngineHandle = object;

/**
 * What `crates/engine` exports about vectors. Nothing is checked here: wrong arguments are an `ENGINE_DEFECT`.
 * Arrays are read and written during the call only.
 */
export interface VectorAddon {
  /** Of this interface: see {@link vectorRevision}. */
  revision(): number;
  /** Names, fastest first, with commas between. */
  kernels(): string;
  open(
    descriptor: number,
    shape: Float64Array,
    blockDigests: Uint8Array,
    kernel: string | undefined,
    memory: number,
    fault: FaultReport,
  ): EngineHandle | undefined;
  close(handle: EngineHandle): void;
  isMapped(handle: EngineHandle): number;
  search(
    handle: EngineHandle,
    query: Float32Array,
    ef: number,
    filter: Uint32Array | undefined,
    deleted: Uint32Array | undefined,
    ids: Int32Array,
    scores: Float32Array,
    fault: FaultReport,
  ): number;
  searchMany(
    handle: EngineHandle,
    queries: Float32Array,
    k: number,
    ef: number,
    filter: Uint32Array | undefined,
    deleted: Uint32Array | undefined,
    threads: number,
    ids: Int32Array,
    scores: Float32Array,
    counts: Uint32Array,
    fault: FaultReport,
  ): number;
  scoresOf(
    handle: EngineHandle,
    query: Float32Array,
    chunks: Uint32Array,
    scores: Float32Array,
    fault: FaultReport,
  ): number;
  quantise(
    vectors: Float32Array,
    dimensions: number,
    threads: number,
    codes: Int8Array,
    weights: Uint32Array,
    halves: Uint16Array,
    kernel: string | undefined,
  ): number;
  upperRows(vectors: number): number;
  buildGraph(
    codes: Int8Array,
    weights: Uint32Array,
    dimensions: number,
    threads: number,
    kernel: string | undefined,
    levels: Uint8Array,
    upperStarts: Uint32Array,
    base: Uint32Array,
    upper: Uint32Array,
  ): number;
}

/** The revision of {@link VectorAddon} that this code calls; an older or newer addon is left alone. */
export const vectorRevision = 3;
