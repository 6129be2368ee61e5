import type { Finding } from "@clawkeep/diagnostics";

/** Every variable that Ollama 0.17.4 reads: its source was searched. */
export const ollamaVariables: ReadonlySet<string> = new Set(
  (
    "AUTH CONTEXT_LENGTH DEBUG EDITOR FLASH_ATTENTION GPU_OVERHEAD HOST KEEP_ALIVE KV_CACHE_TYPE LLM_LIBRARY " +
    "LOAD_TIMEOUT MAX_LOADED_MODELS MAX_QUEUE MODELS MULTIUSER_CACHE NEW_ENGINE NOHISTORY NOPRUNE NO_CLOUD " +
    "NUM_PARALLEL ORIGINS REMOTES SCHED_SPREAD VULKAN"
  )
    .split(" ")
    .map((name) => `OLLAMA_${name}`),
);

/** Variables that guides set and Ollama never reads, with what does what they promise. */
const withoutEffect: Readonly<Record<string, string>> = {
  OLLAMA_NUM_GPU: "set models.numGpu: it becomes the model parameter num_gpu",
  OLLAMA_MAX_RAM:
    "choose a model and a context that fit (claw advise), or limit the memory of Ollama's container or unit",
  OLLAMA_NUM_THREADS: "set models.numThread: it becomes the model parameter num_thread",
  OLLAMA_NUM_THREAD: "set models.numThread: it becomes the model parameter num_thread",
};

/** Why a variable may not be set, or undefined when it may. */
export function ollamaVariableProblem(
  name: string,
  value: string,
): Pick<Finding, "code" | "message" | "hint"> | undefined {
  const replacement = Object.hasOwn(withoutEffect, name) ? withoutEffect[name] : undefined;
  if (replacement !== undefined) {
    return {
      code: "OLLAMA_NO_EFFECT",
      message: `${name} is no variable of Ollama: setting it does nothing`,
      hint: `Instead, ${replacement}.`,
    };
  }
  if (!ollamaVariables.has(name)) {
    return {
      code: "OLLAMA_UNKNOWN_VARIABLE",
      message: `${name} is no variable of Ollama`,
      hint: `It reads ${[...ollamaVariables].join(", ")}.`,
    };
  }
  if (name === "OLLAMA_HOST" && /^(?:0\.0\.0\.0|\[?::\]?|\*)(?::|$)|^:/u.test(value)) {
    return {
      code: "OLLAMA_ALL_INTERFACES",
      message: `expected one address to listen on, got all interfaces (${value})`,
      hint: "Ollama asks nobody for a password. Leave it out: each profile renders the one address that is needed.",
    };
  }
  if (name === "OLLAMA_ORIGINS" && value.includes("*")) {
    return {
      code: "OLLAMA_ALL_ORIGINS",
      message: "expected origins by name, got a wildcard",
      hint: "Any page that you open could use Ollama. Name the origins, or leave it out.",
    };
  }
  return undefined;
}
