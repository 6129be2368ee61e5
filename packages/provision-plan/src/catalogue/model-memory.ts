import type { CatalogueModel } from "./models.ts";

/** How Ollama stores the keys and values of a context: `OLLAMA_KV_CACHE_TYPE`. */
export type CacheType = "f16" | "q8_0" | "q4_0";

/** Bytes of a value in that form against 16 bits: blocks of 32 values and a scale of 2 bytes. */
const shares: Readonly<Record<CacheType, number>> = { f16: 1, q8_0: 34 / 64, q4_0: 18 / 64 };

/** What OpenClaw, Node and the system need beside a model (L21). OpenClaw alone took 0.95 to 1.1 GB. */
export const headroomGb = 2;

/** What a model needs on one host, in decimal gigabytes. */
export interface ModelMemory {
  readonly weightsGb: number;
  readonly cacheGb: number;
  /** Together with the headroom: what the host's RAM must hold when there is no graphics memory. */
  readonly ramGb: number;
  /** What graphics memory must hold for the whole model to be in it. */
  readonly vramGb: number;
}

/** The memory that a local model takes at a context, or undefined where its size is not known. */
export function modelMemory(
  model: CatalogueModel,
  contextTokens: number,
  cache: CacheType,
): ModelMemory | undefined {
  if (model.sizeGb === undefined) return undefined;
  const cacheGb = ((model.cacheBytes ?? 0) * contextTokens * shares[cache]) / 1e9;
  const both = model.sizeGb + cacheGb;
  return {
    weightsGb: model.sizeGb,
    cacheGb,
    ramGb: Math.max(both, model.ramGb ?? 0) + headroomGb,
    vramGb: Math.max(both, model.vramGb ?? 0),
  };
}
