import { availableParallelism } from "node:os";

import type { ModelManifest } from "@clawkeep/model-minilm";
import { modelFolder, modelManifest } from "@clawkeep/model-minilm";

import type { Embedder } from "./embedder.ts";
import { encoderClosed } from "./errors.ts";
import type { EncoderChoice } from "./native/choose-encoder.ts";
import { chooseEncoder } from "./native/choose-encoder.ts";
import { readModel } from "./model/read-model.ts";
import { nativeBuildId, onnxBuildId } from "./session/build-id.ts";
import { openInProcess } from "./session/in-process.ts";
import type { SessionPlan } from "./session/session.ts";
import { loadWordPiece } from "./word-piece/word-piece.ts";
import { openWorkerPool } from "./workers/worker-pool.ts";
import { workerEntry } from "./workers/worker-entry.ts";

/** How to open an embedder. */
export interface EmbedderOptions {
  /**
   * Worker threads, each with a single-thread session. 0 runs in the calling thread, which is busy while
   * a text is embedded (1 to 25 ms). Default: the number of CPUs that this process may use.
   */
  readonly workers?: number;
  /**
   * With `workers: 0`, for a process that answers questions: a second thread begins a text at once, the calling one does
   * what it has to do meanwhile, and then both work on it. The same bytes. Where there is one processor, or no native
   * encoder, the calling thread works alone. Default false.
   */
  readonly helper?: boolean;
  /**
   * Hash the weights too (23 MB, about 20 ms), as is right before indexing. Graph and vocabulary are
   * always hashed, and the weights' size is always checked. Default false.
   */
  readonly verify?: boolean;
  /**
   * For a process that embeds one query and ends: ONNX Runtime opens about 10 ms faster, and each text takes
   * about twice as long. The same bytes. Default false.
   */
  readonly oneText?: boolean;
  /**
   * What runs the model. The vectors of both are of one space, and differ in their last bits: see
   * docs/decisions/0017-native-encoder.md. Default: `CLAWKEEP_ENCODER` of the environment, else `auto`.
   */
  readonly encoder?: EncoderChoice;
  /**
   * Messages of at most 256 tokens that a worker has at a time, one of them under way. More bridge a longer pause of
   * the calling thread; other callers and a cancelled call wait for them. Default 4.
   */
  readonly tasksAhead?: number;
  /** Folder with the packaged model's files, when it is not where the package has it. */
  readonly folder?: string;
  /** The worker's program, when it is not beside this module; see `workerEntry`. */
  readonly workerEntry?: URL;
}

/**
 * Opens the packaged model. With `workers`, they load while the caller goes on; in process, it is about 25 ms of
 * synchronous work, so start file reads first and await them after. Neither engine is loaded before this call.
 *
 * @throws CodedError `MODEL_MISSING`, `MODEL_UNREADABLE`, `MODEL_SIZE`, `MODEL_DIGEST`,
 *   `MODEL_TOKENIZER`, `VOCABULARY_INVALID`, `EMBEDDER_ENCODER`,
 *   `EMBEDDER_SESSION`, `EMBEDDER_WORKER`, `EMBEDDER_WORKER_MISSING`; RangeError for a number of workers that is none.
 */
export async function openEmbedder(options: EmbedderOptions = {}): Promise<Embedder> {
  return openModel(modelManifest, options);
}

/** The same for any manifest; tests use it with models that are damaged or of another precision. */
export async function openModel(
  manifest: ModelManifest,
  options: EmbedderOptions,
): Promise<Embedder> {
  const workers = options.workers ?? availableParallelism();
  if (!Number.isInteger(workers) || workers < 0 || workers > 1024) {
    throw new RangeError(`expected workers to be an integer from 0 to 1024, got ${workers}`);
  }
  const folder = options.folder ?? modelFolder();
  const { dimensions, maxTokens, spaceId } = manifest;
  const bytes = readModel(folder, manifest, options.verify ?? false);
  const wordPiece = loadWordPiece(bytes.vocabulary);
  const addon = chooseEncoder(manifest, options.encoder);
  const plan: SessionPlan = {
    graph: bytes.graph,
    folder,
    weights: manifest.files.weights.path,
    dimensions,
    maxTokens,
    vocabularySize: wordPiece.size,
    oneText: options.oneText ?? false,
    addon,
  };
  const encoder =
    workers === 0
      ? openInProcess(plan, options.helper ?? false)
      : await openWorkerPool(plan, workers, workerEntry(options.workerEntry), options.tasksAhead);
  let open = true;
  return {
    spaceId,
    buildId: addon === undefined ? onnxBuildId() : nativeBuildId,
    dimensions,
    maxTokens,
    sessions: Math.max(1, workers),
    wordPiece,
    async embed(texts, { signal } = {}) {
      if (!open) {
        throw encoderClosed();
      }
      signal?.throwIfAborted();
      return encoder.encode(
        texts.map((text) => wordPiece.encode(text, maxTokens)),
        signal,
      );
    },
    async close() {
      if (open) {
        open = false;
        await encoder.close();
      }
    },
  };
}
