import { found } from "../check.ts";
import type { Check, Fault } from "../check.ts";
import { at, entriesOf, lineOfKey, listOf } from "../scene/config-file.ts";
import type { ConfigFile } from "../scene/config-file.ts";
import type { Scene } from "../scene/scene.ts";
import { renderAgain } from "./commands.ts";

/** One entry of a provider of Ollama's: what of a context reaches it. */
export interface OllamaModel {
  readonly id: string;
  readonly contextTokens: number | undefined;
  readonly line: number;
}

/** Below it a bare turn of the agent, 30 kB of request and more, does not fit. */
const leastTokens = 16_384;

/** Models that are asked of Ollama by its own interface. */
export function ollamaModels(config: ConfigFile): readonly OllamaModel[] {
  return entriesOf(at(config.config, "models", "providers"))
    .filter(([name, one]) => name === "ollama" || at(one, "api") === "ollama")
    .flatMap(([name, one]) =>
      listOf(at(one, "models")).flatMap((model): readonly OllamaModel[] => {
        const id = at(model, "id");
        if (typeof id !== "string") return [];
        const tokens = at(model, "params", "num_ctx") ?? at(model, "contextTokens");
        return [
          {
            id,
            contextTokens: typeof tokens === "number" ? tokens : undefined,
            line: lineOfKey(config, "providers", name, "models", id),
          },
        ];
      }),
    );
}

function lookAt(
  scene: Scene,
  judge: (model: OllamaModel) => string | undefined,
): ReturnType<Check["look"]> {
  const { config } = scene;
  if (config === undefined) return { doesNotApply: "no openclaw.json" };
  const models = ollamaModels(config);
  if (models.length === 0) return { doesNotApply: "no model of Ollama" };
  return found(
    models.flatMap((model): readonly Fault[] => {
      const value = judge(model);
      if (value === undefined) return [];
      const fix = renderAgain(scene, "set contextTokens and params.num_ctx of the model to 65536");
      return [{ evidence: [{ file: config.file, line: model.line, value }], fix }];
    }),
  );
}

/** 4.1: contextWindow alone sends no num_ctx. */
export const contextNotSent: Check = {
  id: "context-not-sent",
  symptom:
    "the agent forgets everything, or overflows on the first turn of a model with a large context",
  cause:
    "contextWindow alone sends no num_ctx: Ollama takes 4k, 32k or 256k by what memory it sees",
  fix: "set contextTokens, which is sent as num_ctx, on each model of Ollama",
  reads: "files",
  look: (scene) =>
    lookAt(scene, ({ id, contextTokens }) =>
      contextTokens === undefined ? `${id}: no contextTokens and no params.num_ctx` : undefined,
    ),
};

/** 4.2, C7, T17: a readiness that says yes with 4096 tokens is wrong. */
export const contextTooSmall: Check = {
  id: "context-too-small",
  symptom: "`Model context window too small (4096)`, or an agent that answers beside the question",
  cause: "a bare turn is 30 to 53 kB of request: it does not fit into fewer than 16,384 tokens",
  fix: "give each model 16,384 tokens or more; 65,536 for work in several steps",
  reads: "files",
  look: (scene) =>
    lookAt(scene, ({ id, contextTokens }) =>
      contextTokens !== undefined && contextTokens < leastTokens
        ? `${id}: ${contextTokens} tokens`
        : undefined,
    ),
};
