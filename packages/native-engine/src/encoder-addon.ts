import type { FaultReport } from "./fault-report.ts";

/** An open encoder in the addon's memory. */
export type EncoderHandle = object;

/**
 * What `crates/engine` exports about texts. Nothing is checked here: wrong arguments are an
 * `ENGINE_DEFECT`. Arrays are read and written during the call only.
 */
export interface EncoderAddon {
  /** Of this interface: see {@link encoderRevision}. */
  encoderRevision(): number;
  /** Names, fastest first, with commas between. */
  encoderKernels(): string;
  /** `descriptor`: of the open weights; the caller may close it after. */
  openEncoder(
    graph: Uint8Array,
    descriptor: number,
    kernel: string | undefined,
    fault: FaultReport,
  ): EncoderHandle | undefined;
  /** `ids` are those of all texts after each other. 0, or −1 and a fault. */
  encode(
    handle: EncoderHandle,
    ids: Int32Array,
    lengths: Uint32Array,
    vectors: Float32Array,
    fault: FaultReport,
  ): number;
  /** Begins one text on another thread. `ids` are copied. 0, or −1 and a fault. */
  beginEncoding(handle: EncoderHandle, ids: Int32Array, fault: FaultReport): number;
  /** Takes part in the text that was begun, and writes its vector. 0, or −1 and a fault. */
  endEncoding(handle: EncoderHandle, vector: Float32Array, fault: FaultReport): number;
  closeEncoder(handle: EncoderHandle): void;
}

/** The revision of {@link EncoderAddon} that this code calls; an older or newer addon is left alone. */
export const encoderRevision = 2;
