import { CodedError } from "@clawkeep/diagnostics";

/** Below this a bare turn of an agent does not fit: its request is about 30 kB, tools included. */
export const smallestContext = 16_384;
/** Recommended for work in several steps. */
export const recommendedContext = 65_536;

/** Parameters that are written into a model. */
export interface ModelParameters {
  /** Name that the model is made from, such as `qwen2.5-coder:7b`. */
  readonly from: string;
  readonly contextTokens: number;
  readonly numThread?: number;
  readonly numGpu?: number;
}

/**
 * A Modelfile: `FROM` and its parameters.
 * @throws CodedError MODELFILE_CONTEXT for a context that no turn fits into, MODELFILE_NAME for a name that
 * is none of a model
 */
export function modelfile(parameters: ModelParameters): string {
  const { from, contextTokens, numThread, numGpu } = parameters;
  if (!/^[a-z0-9][a-z0-9._/-]{0,127}(?::[A-Za-z0-9][A-Za-z0-9._-]{0,79})?$/u.test(from)) {
    throw new CodedError({
      code: "MODELFILE_NAME",
      message: `expected the name of a model, got ${JSON.stringify(from.slice(0, 80))}`,
      hint: "Write it as `ollama list` shows it.",
    });
  }
  if (!Number.isSafeInteger(contextTokens) || contextTokens < smallestContext) {
    throw new CodedError({
      code: "MODELFILE_CONTEXT",
      message: `expected a context of at least ${smallestContext} tokens, got ${contextTokens}`,
      hint: `A bare turn is about 30 kB of request; ${recommendedContext} is recommended.`,
    });
  }
  const lines = [`FROM ${from}`, `PARAMETER num_ctx ${contextTokens}`];
  if (numThread !== undefined) lines.push(`PARAMETER num_thread ${numThread}`);
  if (numGpu !== undefined) lines.push(`PARAMETER num_gpu ${numGpu}`);
  return `${lines.join("\n")}\n`;
}

/** Name of the model that {@link modelfile} makes: `qwen2.5-coder:7b` at 65536 is `qwen2.5-coder-64k:7b`. */
export function madeModelName(from: string, contextTokens: number): string {
  const [name = "", tag] = from.split(":");
  const size = contextTokens % 1024 === 0 ? `${contextTokens / 1024}k` : String(contextTokens);
  return `${name}-${size}${tag === undefined ? "" : `:${tag}`}`;
}
