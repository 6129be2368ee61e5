import { lstatSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";

import { CodedError } from "@clawkeep/diagnostics";

import { loadOnnxRuntime, Tensor } from "../session/onnx-runtime.ts";
import { loadWordPiece } from "../word-piece/word-piece.ts";
import { pairIds } from "./pair-ids.ts";

/** Says how well a passage answers a query, by reading both together. */
export interface CrossEncoder {
  /** A number for each passage, larger is better: what the model gives, not squeezed. */
  score(query: string, passages: readonly string[]): Promise<Float32Array>;
  close(): void;
}

const largestModel = 512 * 1024 * 1024;
const largestVocabulary = 16 * 1024 * 1024;
/** The name under which ONNX keeps the path of weights that lie in another file. */
const externalMark: Buffer = Buffer.from("location");

/**
 * Opens a cross-encoder that the user brought: `model.onnx` and `vocab.txt` of a BERT-like model (uncased
 * WordPiece) with one output number, such as `ms-marco-MiniLM-L6-v2`. Its weights must be in `model.onnx`:
 * a graph that names other files is refused, wherever they lie. One thread, nothing loaded before.
 *
 * @throws CodedError `RERANKER_MISSING`, `RERANKER_REFUSED`, `VOCABULARY_INVALID`, `RERANKER_SESSION`;
 *   `score` throws `RERANKER_FAILED`.
 */
export async function openCrossEncoder(folder: string): Promise<CrossEncoder> {
  const graph = readPart(join(folder, "model.onnx"), largestModel);
  const wordPiece = loadWordPiece(readPart(join(folder, "vocab.txt"), largestVocabulary));
  if (graph.includes(externalMark)) {
    throw refused(`${join(folder, "model.onnx")} names weights outside of it`);
  }
  await setImmediate();
  const session = open(graph);
  const inputs = namesOf(session.inputMetadata);
  const [output] = namesOf(session.outputMetadata);
  const unknown = inputs.find((name) => !knownInputs.has(name));
  if (output === undefined || unknown !== undefined || !inputs.includes("input_ids")) {
    session.dispose();
    throw refused(
      `expected a model of input_ids, attention_mask and token_type_ids, got ${inputs.join(", ")}`,
    );
  }
  const run = (query: string, passage: string): number => {
    const { ids, types } = pairIds(wordPiece, query, passage);
    const feeds = Object.fromEntries(inputs.map((name) => [name, tensorOf(name, ids, types)]));
    const data = session.run(feeds, { [output]: null }, {})[output]?.data;
    const logit = data instanceof Float32Array && data.length === 1 ? data[0] : undefined;
    if (logit === undefined || !Number.isFinite(logit)) {
      throw new Error("expected one finite number for a pair");
    }
    return logit;
  };
  return {
    async score(query, passages) {
      const scores = new Float32Array(passages.length);
      for (const [index, passage] of passages.entries()) {
        // Others in this process may have something to do between two passages.
        await setImmediate();
        try {
          scores[index] = run(query, passage);
        } catch (cause) {
          throw new CodedError({
            code: "RERANKER_FAILED",
            message: `the cross-encoder could not read a passage: ${messageOf(cause)}`,
            hint: "use a model with one output number a pair, or ask without --rerank",
            cause,
          });
        }
      }
      return scores;
    },
    close: () => session.dispose(),
  };
}

const knownInputs: ReadonlySet<string> = new Set(["input_ids", "attention_mask", "token_type_ids"]);

function tensorOf(name: string, ids: BigInt64Array, types: BigInt64Array): Tensor {
  const data = name === "input_ids" ? ids : name === "token_type_ids" ? types : ids.map(() => 1n);
  return new Tensor("int64", data, [1, ids.length]);
}

/** What of a session this is written for. */
interface PairSession {
  readonly inputMetadata: unknown;
  readonly outputMetadata: unknown;
  run(
    feeds: Readonly<Record<string, Tensor>>,
    fetches: Readonly<Record<string, null>>,
    options: Readonly<Record<string, unknown>>,
  ): Readonly<Record<string, Tensor>>;
  dispose(): void;
}

function open(graph: Buffer): PairSession {
  try {
    const native = new (loadOnnxRuntime().InferenceSession)();
    native.loadModel(graph.buffer, graph.byteOffset, graph.byteLength, {
      intraOpNumThreads: 1,
      interOpNumThreads: 1,
      executionMode: "sequential",
      graphOptimizationLevel: "all",
    });
    return native;
  } catch (cause) {
    throw new CodedError({
      code: "RERANKER_SESSION",
      message: `could not open the cross-encoder with ONNX Runtime: ${messageOf(cause)}`,
      hint: "check that model.onnx is a whole ONNX model",
      cause,
    });
  }
}

function namesOf(metadata: unknown): readonly string[] {
  return Array.isArray(metadata)
    ? metadata.flatMap((entry: unknown) =>
        typeof entry === "object" && entry !== null && "name" in entry ? [String(entry.name)] : [],
      )
    : [];
}

function readPart(file: string, largest: number): Buffer {
  try {
    const status = lstatSync(file);
    if (!status.isFile() || status.size > largest) {
      throw refused(`${file} is not a file of at most ${largest} bytes`);
    }
    return readFileSync(file);
  } catch (cause) {
    if (cause instanceof CodedError) {
      throw cause;
    }
    throw new CodedError({
      code: "RERANKER_MISSING",
      message: `expected model.onnx and vocab.txt of a cross-encoder, could not read ${file}`,
      hint: "name the folder that has both, or ask without --rerank",
      cause,
    });
  }
}

function refused(why: string): CodedError {
  return new CodedError({
    code: "RERANKER_REFUSED",
    message: `the cross-encoder is refused: ${why}`,
    hint: "export it with its weights inside, and one output number a pair",
  });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
