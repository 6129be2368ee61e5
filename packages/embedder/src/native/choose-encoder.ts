import { CodedError } from "@clawkeep/diagnostics";
import type { ModelManifest } from "@clawkeep/model-minilm";
import { modelManifest } from "@clawkeep/model-minilm";
import { nativeAddon } from "@clawkeep/native-engine";

/** What runs the model: our own encoder, or ONNX Runtime. `auto` is ours where it was built. */
export type EncoderChoice = "auto" | "native" | "onnx";

/** Which encoder runs here, for people. */
export interface EncoderDescription {
  readonly encoder: "native" | "onnx";
  /** The native encoder's instructions: `avx512-vnni`, `avx2`, `neon`, `scalar`. */
  readonly kernel?: string;
  /** Why the native encoder does not run. */
  readonly why?: string;
}

type Chosen = { readonly file: string; readonly kernel: string } | { readonly why: string };

/**
 * The file of the native encoder's addon, or undefined for ONNX Runtime: chosen for models other than the
 * packaged one, where the addon was not built, and where the processor has no kernel but plain Rust.
 *
 * @param choice Default: `CLAWKEEP_ENCODER` of the environment, else `auto`.
 * @throws CodedError `EMBEDDER_ENCODER` for a choice that there is not, or that cannot be had.
 */
export function chooseEncoder(manifest: ModelManifest, choice?: string): string | undefined {
  const chosen = choose(manifest, choice);
  return "file" in chosen ? chosen.file : undefined;
}

/**
 * Says what runs the packaged model in this process, and with which instructions; no model is opened.
 *
 * @param choice Default: `CLAWKEEP_ENCODER` of the environment, else `auto`.
 * @throws CodedError `EMBEDDER_ENCODER` as opening the model would.
 */
export function describeEncoder(choice?: string): EncoderDescription {
  const chosen = choose(modelManifest, choice);
  return "file" in chosen
    ? { encoder: "native", kernel: chosen.kernel }
    : { encoder: "onnx", why: chosen.why };
}

function choose(
  manifest: ModelManifest,
  choice: string = process.env["CLAWKEEP_ENCODER"] ?? "auto",
): Chosen {
  if (choice === "onnx") {
    return { why: "ONNX Runtime was asked for" };
  }
  if (choice !== "auto" && choice !== "native") {
    throw encoderError(`expected the encoder auto, native or onnx, got ${choice}`);
  }
  const { model, weights } = manifest.files;
  const packaged =
    model.digest === modelManifest.files.model.digest &&
    weights.digest === modelManifest.files.weights.digest;
  const found = nativeAddon();
  const why = "why" in found ? found.why : packaged ? undefined : "it runs the packaged model only";
  if ("file" in found && why === undefined) {
    const kernel = found.addon.encoderKernels().split(",")[0] ?? "scalar";
    return kernel !== "scalar" || choice === "native"
      ? { file: found.file, kernel }
      : { why: "this processor has no instructions that it knows" };
  }
  if (choice === "native") {
    throw encoderError(`expected the native encoder, but ${why}`);
  }
  return { why: why ?? "" };
}

function encoderError(message: string): CodedError {
  return new CodedError({
    code: "EMBEDDER_ENCODER",
    message,
    hint: "set CLAWKEEP_ENCODER to auto, native or onnx, or leave it out",
  });
}
