/*
 * The one catalogue of models: advice, refusals, rendering and `claw model` read it and nothing else does.
 * Sizes are decimal gigabytes of the published quantisation. `cacheBytes` is what one token of context costs
 * at 16 bits: 2 × layers × key-value heads × head size × 2, from the published architectures. Tools: guides say
 * that deepseek-coder-v2 and deepseek-r1 have them; Ollama answers 400 (ollama/ollama#12592, #8669).
 */

/** One model. Figures that nobody published are left out, and what depends on them is not judged. */
export interface CatalogueModel {
  /** Provider and id, as everywhere else: `ollama/qwen2.5-coder:7b`. */
  readonly ref: string;
  readonly where: "local" | "ollama-cloud" | "openrouter";
  readonly use: string;
  /** Billions of parameters. */
  readonly parameters?: number;
  /** Download and weights in memory. */
  readonly sizeGb?: number;
  /** What guides say that it needs in RAM and in VRAM, cache of a short context included. */
  readonly ramGb?: number;
  readonly vramGb?: number;
  /** Largest context that it was made for. */
  readonly contextTokens: number;
  readonly cacheBytes?: number;
  /** `unproved`: guides say yes, nothing that was run does: a live probe decides. */
  readonly tools: "yes" | "no" | "unproved";
  /** Name of the agent that uses it by default. */
  readonly agent?: string;
  /** Findings that OpenClaw's own audit has for this model, as `warn some.check`. */
  readonly audit?: readonly string[];
  /** Rows of the requirement that it comes from. */
  readonly rows: readonly string[];
}

const k128 = 131_072;

/** All models, the preferred ones of a size first. */
export const catalogue: readonly CatalogueModel[] = [
  {
    ref: "ollama/gpt-oss:20b",
    where: "local",
    use: "general, long context",
    parameters: 20,
    sizeGb: 13.8,
    ramGb: 16,
    vramGb: 16,
    contextTokens: k128,
    cacheBytes: 24_576,
    tools: "yes",
    audit: ["warn models.weak_tier"],
    rows: ["L8", "L21", "T17"],
  },
  {
    ref: "ollama/qwen2.5-coder:32b",
    where: "local",
    use: "coding, large",
    parameters: 32,
    sizeGb: 20,
    ramGb: 32,
    vramGb: 20,
    contextTokens: k128,
    cacheBytes: 262_144,
    tools: "yes",
    rows: ["G20", "G27", "T17"],
  },
  {
    ref: "ollama/llama3.3:70b",
    where: "local",
    use: "general, very large",
    parameters: 70,
    sizeGb: 40,
    contextTokens: k128,
    cacheBytes: 327_680,
    tools: "yes",
    rows: ["G20"],
  },
  {
    ref: "ollama/mistral-small:24b",
    where: "local",
    use: "general, balanced",
    parameters: 24,
    sizeGb: 14,
    contextTokens: 32_768,
    cacheBytes: 163_840,
    tools: "yes",
    rows: ["G20"],
  },
  {
    ref: "ollama/mistral-small3.1:24b",
    where: "local",
    use: "general, long context",
    parameters: 24,
    sizeGb: 15,
    contextTokens: k128,
    cacheBytes: 163_840,
    tools: "yes",
    rows: ["T17"],
  },
  {
    ref: "ollama/qwen2.5-coder:14b-instruct-q4_K_M",
    where: "local",
    use: "coding, fast",
    parameters: 14,
    sizeGb: 9,
    vramGb: 10,
    contextTokens: 32_768,
    cacheBytes: 196_608,
    tools: "yes",
    agent: "qwen-14b",
    rows: ["C8", "C24"],
  },
  {
    ref: "ollama/llama3.1:8b",
    where: "local",
    use: "general, long context",
    parameters: 8,
    sizeGb: 4.9,
    ramGb: 5,
    vramGb: 6,
    contextTokens: k128,
    cacheBytes: 131_072,
    tools: "yes",
    rows: ["T17", "T19"],
  },
  {
    ref: "ollama/qwen2.5-coder:7b",
    where: "local",
    use: "coding, light",
    parameters: 7,
    sizeGb: 4.7,
    ramGb: 5,
    vramGb: 6,
    contextTokens: 32_768,
    cacheBytes: 57_344,
    tools: "yes",
    agent: "qwen-7b",
    rows: ["C8", "C24", "G20", "T17", "T19"],
  },
  {
    ref: "ollama/qwen2.5-coder:7b-instruct-q4_K_M",
    where: "local",
    use: "coding, light, quantisation by name",
    parameters: 7,
    sizeGb: 4.7,
    ramGb: 5,
    vramGb: 6,
    contextTokens: 32_768,
    cacheBytes: 57_344,
    tools: "yes",
    rows: ["C8"],
  },
  {
    ref: "ollama/qwen2.5:7b",
    where: "local",
    use: "general, light",
    parameters: 7,
    sizeGb: 4.7,
    ramGb: 5,
    vramGb: 6,
    contextTokens: 32_768,
    cacheBytes: 57_344,
    tools: "yes",
    rows: ["T19"],
  },
  {
    ref: "ollama/qwen2.5:3b",
    where: "local",
    use: "basic, small cache",
    parameters: 3,
    sizeGb: 1.9,
    ramGb: 2.5,
    vramGb: 3,
    contextTokens: 32_768,
    cacheBytes: 36_864,
    tools: "yes",
    rows: ["T19"],
  },
  {
    ref: "ollama/llama3.2:3b",
    where: "local",
    use: "basic, fallback",
    parameters: 3,
    sizeGb: 2,
    ramGb: 2.5,
    vramGb: 3,
    contextTokens: k128,
    cacheBytes: 114_688,
    tools: "yes",
    rows: ["T8", "T9", "T19"],
  },
  {
    ref: "ollama/phi4-mini:3.8b",
    where: "local",
    use: "basic",
    parameters: 4,
    sizeGb: 2.5,
    ramGb: 3,
    vramGb: 4,
    contextTokens: k128,
    cacheBytes: 131_072,
    tools: "yes",
    rows: ["T19"],
  },
  {
    ref: "ollama/deepseek-r1:7b",
    where: "local",
    use: "reasoning, light",
    parameters: 7,
    sizeGb: 4.7,
    ramGb: 5,
    vramGb: 6,
    contextTokens: k128,
    cacheBytes: 57_344,
    tools: "no",
    rows: ["T19"],
  },
  {
    ref: "ollama/deepseek-coder-v2:16b",
    where: "local",
    use: "coding, slower",
    parameters: 16,
    sizeGb: 9,
    vramGb: 10,
    contextTokens: k128,
    cacheBytes: 276_480,
    tools: "no",
    rows: ["C8", "G20", "T17"],
  },
  {
    ref: "ollama/phi3:3.8b",
    where: "local",
    use: "short completions, costly context",
    parameters: 3.8,
    sizeGb: 2.3,
    vramGb: 4,
    contextTokens: k128,
    cacheBytes: 393_216,
    tools: "unproved",
    agent: "phi3",
    rows: ["C8", "C24"],
  },
  {
    ref: "ollama/kimi-k2.5:cloud",
    where: "ollama-cloud",
    use: "long context, reasoning",
    contextTokens: 262_144,
    tools: "yes",
    agent: "kimi",
    rows: ["C2", "C24"],
  },
  {
    ref: "ollama/minimax-m2.5:cloud",
    where: "ollama-cloud",
    use: "balanced",
    contextTokens: 196_608,
    tools: "yes",
    agent: "minimax",
    rows: ["C2", "C24"],
  },
  {
    ref: "ollama/gpt-oss:120b-cloud",
    where: "ollama-cloud",
    use: "general coding",
    contextTokens: k128,
    tools: "yes",
    agent: "gpt-oss",
    audit: ["warn models.weak_tier"],
    rows: ["C2", "C24"],
  },
  {
    ref: "openrouter/google/gemma-3-4b-it:free",
    where: "openrouter",
    use: "free: simple automation",
    contextTokens: k128,
    tools: "unproved",
    rows: ["T7"],
  },
  {
    ref: "openrouter/meta/llama-3.1-8b-instruct:free",
    where: "openrouter",
    use: "free: longer contexts",
    contextTokens: k128,
    tools: "yes",
    rows: ["T7"],
  },
  {
    ref: "openrouter/deepseek/deepseek-chat-v3.2",
    where: "openrouter",
    use: "code, reasoning",
    contextTokens: 64_000,
    tools: "yes",
    rows: ["T7"],
  },
  {
    ref: "openrouter/xiaomi/mimo-v2-flash",
    where: "openrouter",
    use: "fast answers",
    contextTokens: k128,
    tools: "yes",
    rows: ["T7"],
  },
  {
    ref: "openrouter/qwen/qwen3-coder-next",
    where: "openrouter",
    use: "code",
    contextTokens: k128,
    tools: "yes",
    rows: ["T7"],
  },
];

/** The model of that reference, or undefined. */
export function findModel(ref: string): CatalogueModel | undefined {
  return catalogue.find((model) => model.ref === ref);
}
