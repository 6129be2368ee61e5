import { CodedError } from "@clawkeep/diagnostics";
import type { VectorAddon } from "@clawkeep/native-engine";
import { nativeAddon } from "@clawkeep/native-engine";

/** Which code searches and builds: both give the same answers and the same bytes. */
export type EngineChoice = "auto" | "native" | "portable";

/** Which engine runs here, for people. */
export interface EngineDescription {
  readonly engine: "native" | "portable";
  /** The instructions: `avx512-vnni`, `avx2`, `neon`, `scalar`; `wasm` or `javascript` when portable. */
  readonly kernel: string;
  /** Why the native engine does not run. */
  readonly why?: string;
}

/**
 * The addon to use, or undefined for the portable engine. It is loaded once, when first asked for.
 *
 * @param choice Default: `CLAWKEEP_ENGINE` of the environment, else `auto`.
 * @throws CodedError `VECTOR_ENGINE` for a choice that there is not, or that cannot be had.
 */
export function chooseEngine(
  choice: string = process.env["CLAWKEEP_ENGINE"] ?? "auto",
): VectorAddon | undefined {
  if (choice === "portable") {
    return undefined;
  }
  if (choice !== "auto" && choice !== "native") {
    throw engineError(`expected the engine auto, native or portable, got ${choice}`);
  }
  const found = nativeAddon();
  if ("addon" in found) {
    return found.addon;
  }
  if (choice === "native") {
    throw engineError(`expected the native engine, but ${found.why}`);
  }
  return undefined;
}

/** Why there is no native engine; undefined when there is one. */
export function whyNoNativeEngine(): string | undefined {
  const found = nativeAddon();
  return "why" in found ? found.why : undefined;
}

function engineError(message: string): CodedError {
  return new CodedError({
    code: "VECTOR_ENGINE",
    message,
    hint: "set CLAWKEEP_ENGINE to auto, native or portable, or leave it out",
  });
}
