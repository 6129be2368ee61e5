import { modelFiles, modelSpaceId } from "./model-files.ts";
import { encoding } from "./space-id.ts";

/** One file of the model. */
export interface ModelFile {
  /** Relative to `modelFolder()`, with `/`. */
  readonly path: string;
  readonly bytes: number;
  /** SHA-256 of the whole file. */
  readonly digest: `sha256:${string}`;
}

/** What the packaged model is: enough to refuse another one, and to name the space of its vectors. */
export interface ModelManifest {
  readonly name: string;
  /** Length of a vector. */
  readonly dimensions: number;
  /** Longest input in tokens, `[CLS]` and `[SEP]` included; what is longer is cut. */
  readonly maxTokens: number;
  /** Version of the tokeniser that the ids must come from. */
  readonly tokenizer: string;
  readonly files: {
    /** The ONNX graph: `input_ids` (int32, [1, tokens]) in, `vector` (float32, [1, 384], unit length) out. */
    readonly model: ModelFile;
    /** The graph's large constants, which it names as `model.onnx.data` in its own folder; mapped, not read. */
    readonly weights: ModelFile;
    /** One WordPiece entry a line; the line number is the id. */
    readonly vocabulary: ModelFile;
    /**
     * The same entries as a table to look words up in, made from `vocabulary` and nothing else, so it is
     * no part of the space.
     */
    readonly words: ModelFile;
  };
  /**
   * Names the space that the vectors live in: a digest over weights, tokeniser, pooling, truncation
   * and type. Vectors of two spaces are never compared.
   */
  readonly spaceId: `sha256:${string}`;
  /** SPDX identifier of the weights' licence. */
  readonly licence: string;
}

/** The packaged all-MiniLM-L6-v2: int8, one scale an output channel, written by `pnpm build-model`. */
export const modelManifest: ModelManifest = {
  name: "all-MiniLM-L6-v2",
  dimensions: encoding.dimensions,
  maxTokens: encoding.maxTokens,
  tokenizer: encoding.tokenizer,
  files: modelFiles,
  spaceId: modelSpaceId,
  licence: "Apache-2.0",
};
