import { CodedError } from "@clawkeep/diagnostics";
import type { ModelManifest } from "@clawkeep/model-minilm";
import { modelManifest } from "@clawkeep/model-minilm";
import { nativeAddon } from "@clawkeep/native-engine";

/** What runs the model: our own encoder, or ONNX Runtime. `auto` is ours where it was built. */
export type EncoderChoice = "auto" | "native" | "onnx";

/**
 * The file of the native encoder's addon, or undefined for ONNX Runtime: chosen for models other than the
 * packaged one, where the addon was not built, and where the processor has no kernel but plain Rust.
 *
 * @param choice Default: `CLAWKEEP_ENCODER` of the environment, else `auto`.
 * @throws CodedError `EMBEDDER_ENCODER` for a choice that there is not, or that cannot be had.
 */
export function chooseEncoder(
  manifest: ModelManifest,
  choice: string = process.env["CLAWKEEP_ENCODER"] ?? "auto",
): string | undefined {
  if (choice === "onnx") {
    return undefined;
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
    const fast = !found.addon.encoderKernels().startsWith("scalar");
    return fast || choice === "native" ? found.file : undefined;
  }
  if (choice === "native") {
    throw encoderError(`expected the native encoder, but ${why}`);
  }
  return undefined;
}

function encoderError(message: string): CodedError {
  return new CodedError({
    code: "EMBEDDER_ENCODER",
    message,
    hint: "set CLAWKEEP_ENCODER to auto, native or onnx, or leave it out",
  });
}
