import { join } from "node:path";

import { openNativeSession } from "../native/native-session.ts";
import { loadOnnxRuntime, Tensor } from "./onnx-runtime.ts";

/** What a session is made of. Plain data, so that it can go to a worker. */
export interface SessionPlan {
  /** The ONNX graph's bytes, already checked. */
  readonly graph: Uint8Array;
  /** Folder of the graph's large constants. */
  readonly folder: string;
  readonly dimensions: number;
  readonly maxTokens: number;
  readonly vocabularySize: number;
  /** Name of the weights in `folder`. */
  readonly weights: string;
  /** With ONNX Runtime: opens 10 ms faster and runs 1 ms slower a text; the same bytes. */
  readonly oneText: boolean;
  /** File of the native encoder's addon; without it ONNX Runtime runs the graph. */
  readonly addon: string | undefined;
}

/** One open graph on one thread. */
export interface Session {
  /** The vector of one text's ids. The array belongs to the caller. */
  run(ids: Int32Array): Float32Array;
  /**
   * Begins a text beside the calling thread, where the engine can; what is returned gives its vector, with the bytes of
   * {@link Session.run}. One text at a time.
   */
  begin(ids: Int32Array): () => Float32Array;
  close(): void;
}

/** Opens the model on this thread: synchronous, because neither engine has another form. */
export function openSession(plan: SessionPlan): Session {
  const { addon, graph, folder, weights, dimensions, maxTokens, vocabularySize } = plan;
  const engine =
    addon === undefined
      ? openOnnxSession(plan)
      : openNativeSession({ addon, graph, weights: join(folder, weights), dimensions });
  const check = (ids: Int32Array): void => {
    // ONNX Runtime divides by the length: an empty input would end the process.
    if (ids.length < 1 || ids.length > maxTokens) {
      throw new RangeError(`expected 1 to ${maxTokens} ids, got ${ids.length}`);
    }
    if (ids.some((id) => id < 0 || id >= vocabularySize)) {
      throw new RangeError(`expected ids below ${vocabularySize}`);
    }
  };
  return {
    run(ids) {
      check(ids);
      return finite(engine.run(ids));
    },
    begin(ids) {
      check(ids);
      const end = engine.begin(ids);
      return () => finite(end());
    },
    close() {
      engine.close();
    },
  };
}

function finite(vector: Float32Array): Float32Array {
  if (!vector.every(Number.isFinite)) {
    throw new Error("the model gave a number that is not finite");
  }
  return vector;
}

/**
 * The graph with one thread, in the order in which it is written: it was made in its final form, so there is
 * nothing for ONNX Runtime to optimise.
 */
function openOnnxSession({ graph, folder, dimensions, oneText }: SessionPlan): Session {
  const runtime = loadOnnxRuntime();
  const native = new runtime.InferenceSession();
  native.loadModel(graph.buffer, graph.byteOffset, graph.byteLength, {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    executionMode: "sequential",
    graphOptimizationLevel: "disabled",
    extra: {
      session: {
        model_external_initializers_file_folder_path: folder,
        disable_prepacking: oneText ? "1" : "0",
      },
    },
  });
  const run = (ids: Int32Array): Float32Array => {
    const feeds = { input_ids: new Tensor("int32", ids, [1, ids.length]) };
    const vector = native.run(feeds, { vector: null }, {})["vector"]?.data;
    if (!(vector instanceof Float32Array) || vector.length !== dimensions) {
      throw new Error(`expected the graph to give ${dimensions} float32 numbers`);
    }
    return vector;
  };
  return {
    run,
    // It has no thread beside the calling one.
    begin: (ids) => () => run(ids),
    close() {
      native.dispose();
    },
  };
}
