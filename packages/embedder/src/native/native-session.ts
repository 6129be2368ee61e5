import { closeSync, openSync } from "node:fs";

import type { EncoderHandle } from "@clawkeep/native-engine";
import { loadAddon } from "@clawkeep/native-engine";

/** What a native session is made of: plain data, so that it can go to a worker. */
export interface NativePlan {
  /** File of the addon. */
  readonly addon: string;
  /** The ONNX graph's bytes, already checked, for the names and places of the weights. */
  readonly graph: Uint8Array;
  /** Path of the weights. */
  readonly weights: string;
  readonly dimensions: number;
  /** Default: the fastest of this machine. It changes no bit of a vector. */
  readonly kernel?: string;
}

/** What the numbers of a fault mean: `Fault` of `crates/encoder`. */
const faults: readonly string[] = [
  "nothing was wrong",
  "the graph is no ONNX file",
  "the graph has no such constants as the encoder reads",
  "a weight is out of the range that the encoder can add",
  "the weights could not be read",
  "the ids are none that the model knows",
  "the vectors have no room",
];

/** The native encoder on one thread, or on two for a text that is begun. */
export interface NativeSession {
  run(ids: Int32Array): Float32Array;
  /**
   * Begins a text on a thread of its own, where there is a processor for one. What is returned takes part in it and gives
   * the vector: the bytes of {@link NativeSession.run}. One text at a time is begun; others may be run meanwhile.
   */
  begin(ids: Int32Array): () => Float32Array;
  close(): void;
}

/**
 * Packs the weights, or takes those that another thread of this process has packed: about 10 MB for all.
 * @throws an ordinary Error that says what was wrong.
 */
export function openNativeSession(plan: NativePlan): NativeSession {
  const addon = loadAddon(plan.addon);
  const fault = new Float64Array(2);
  const descriptor = openSync(plan.weights, "r");
  let handle: EncoderHandle | undefined;
  try {
    handle = addon.openEncoder(plan.graph, descriptor, plan.kernel, fault);
  } finally {
    closeSync(descriptor);
  }
  if (handle === undefined) {
    throw new Error(told(fault));
  }
  let opened: EncoderHandle | undefined = handle;
  const vectorOf = (
    fill: (handle: EncoderHandle, vector: Float32Array) => number,
  ): Float32Array => {
    const vector = new Float32Array(plan.dimensions);
    if (fill(requireOpen(opened), vector) !== 0) {
      throw new Error(told(fault));
    }
    return vector;
  };
  return {
    run: (ids) =>
      vectorOf((open, vector) =>
        addon.encode(open, ids, Uint32Array.of(ids.length), vector, fault),
      ),
    begin(ids) {
      if (addon.beginEncoding(requireOpen(opened), ids, fault) !== 0) {
        throw new Error(told(fault));
      }
      return () => vectorOf((open, vector) => addon.endEncoding(open, vector, fault));
    },
    close() {
      if (opened !== undefined) {
        addon.closeEncoder(opened);
        opened = undefined;
      }
    },
  };
}

function requireOpen(handle: EncoderHandle | undefined): EncoderHandle {
  if (handle === undefined) {
    throw new Error("expected an open session");
  }
  return handle;
}

function told([what = 0, more = 0]: Float64Array): string {
  const text = faults[what] ?? `the encoder gave fault ${what}`;
  return more === 0 ? text : `${text} (system error ${more})`;
}
