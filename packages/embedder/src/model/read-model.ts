import { createHash, hash } from "node:crypto";
import { closeSync, openSync, readFileSync, readSync, statSync } from "node:fs";
import { join } from "node:path";

import { CodedError } from "@clawkeep/diagnostics";
import type { ModelFile, ModelManifest } from "@clawkeep/model-minilm";

import { tokenizerVersion } from "../word-piece/word-piece.ts";

/** The small files of a model, checked; the large one is mapped later by the runtime. */
export interface ModelBytes {
  readonly graph: Uint8Array;
  /** The table of words. */
  readonly vocabulary: Uint8Array;
}

const pieceBytes: number = 1 << 20;
const hint = "install the package @clawkeep/model-minilm again";

/**
 * Reads and checks a model's files: graph and vocabulary always by digest (they are what a parser
 * meets), the weights by size, or by digest too when `verify` is set.
 *
 * @throws CodedError `MODEL_MISSING`, `MODEL_UNREADABLE`, `MODEL_SIZE`, `MODEL_DIGEST`, `MODEL_TOKENIZER`.
 */
export function readModel(folder: string, manifest: ModelManifest, verify: boolean): ModelBytes {
  if (manifest.tokenizer !== tokenizerVersion) {
    throw new CodedError({
      code: "MODEL_TOKENIZER",
      message: `expected a model for the tokeniser ${tokenizerVersion}, got one for ${manifest.tokenizer}`,
      hint: "use the versions of the embedder and of the model that were released together",
    });
  }
  const { model, weights, words } = manifest.files;
  for (const file of [model, weights, words]) {
    checkSize(folder, file);
  }
  const graphBytes = readChecked(folder, model);
  const vocabularyBytes = readChecked(folder, words);
  if (verify) {
    checkDigest(folder, weights);
  }
  return { graph: graphBytes, vocabulary: vocabularyBytes };
}

function checkSize(folder: string, file: ModelFile): void {
  const path = join(folder, file.path);
  const stat = attempt(path, () => statSync(path));
  if (!stat.isFile() || stat.size !== file.bytes) {
    const got = stat.isFile() ? `${stat.size} bytes` : "something that is not a file";
    throw new CodedError({
      code: "MODEL_SIZE",
      message: `expected ${file.bytes} bytes in ${path}, got ${got}`,
      hint,
    });
  }
}

function readChecked(folder: string, file: ModelFile): Uint8Array {
  const path = join(folder, file.path);
  const bytes = attempt(path, () => readFileSync(path));
  requireDigest(path, file, hash("sha256", bytes));
  return bytes;
}

/** Piece by piece: the weights are mapped later, and need not be in memory for this. */
function checkDigest(folder: string, file: ModelFile): void {
  const path = join(folder, file.path);
  const digest = attempt(path, () => {
    const descriptor = openSync(path, "r");
    try {
      const computed = createHash("sha256");
      const piece = Buffer.allocUnsafeSlow(pieceBytes);
      for (let length = 1; length > 0;) {
        length = readSync(descriptor, piece, 0, piece.length, null);
        computed.update(piece.subarray(0, length));
      }
      return computed.digest("hex");
    } finally {
      closeSync(descriptor);
    }
  });
  requireDigest(path, file, digest);
}

function requireDigest(path: string, file: ModelFile, hex: string): void {
  const digest = `sha256:${hex}`;
  if (digest !== file.digest) {
    throw new CodedError({
      code: "MODEL_DIGEST",
      message: `expected ${file.digest} for ${path}, got ${digest}`,
      hint,
    });
  }
}

function attempt<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    const missing = cause instanceof Error && "code" in cause && cause.code === "ENOENT";
    throw new CodedError({
      code: missing ? "MODEL_MISSING" : "MODEL_UNREADABLE",
      message: `expected the model's file ${path}, ${missing ? "found none" : "could not read it"}`,
      hint,
      cause,
    });
  }
}
