/** One file of the model, named from {@link modelFolder}. */
export interface ModelFile {
  /** Relative to the model's folder, with `/`. */
  readonly path: string;
  readonly bytes: number;
  /** SHA-256 of the whole file. */
  readonly digest: `sha256:${string}`;
}

/** What the packaged model is: enough to refuse another one, and to name its vectors' space. */
export interface ModelManifest {
  readonly name: string;
  /** Length of a vector. */
  readonly dimensions: number;
  /** Longest input in tokens, `[CLS]` and `[SEP]` included; what is longer is cut. */
  readonly maxTokens: number;
  readonly files: {
    /** The int8 ONNX graph: `input_ids` in, one unit vector out. */
    readonly model: ModelFile;
    /** One WordPiece entry a line; the line number is the id. */
    readonly vocabulary: ModelFile;
  };
  /**
   * Names the space that the vectors live in: a digest over weights, tokeniser, pooling, truncation
   * and type. Vectors of two spaces are never compared.
   */
  readonly spaceId: `sha256:${string}`;
  /** SPDX identifier of the weights' licence. */
  readonly licence: string;
}

/** The packaged all-MiniLM-L6-v2. */
export const modelManifest: ModelManifest = {
  name: "all-MiniLM-L6-v2",
  dimensions: 384,
  maxTokens: 256,
  files: {
    model: { path: "model.onnx", bytes: 0, digest: "sha256:" },
    vocabulary: { path: "vocab.txt", bytes: 0, digest: "sha256:" },
  },
  spaceId: "sha256:",
  licence: "Apache-2.0",
};
