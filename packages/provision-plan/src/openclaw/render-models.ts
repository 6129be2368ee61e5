import type { ModelEntry, ModelProvider } from "@clawkeep/openclaw-contract";

import { findModel } from "../catalogue/models.ts";
import type { DeploymentSpec } from "../spec/deployment-spec.ts";
import { gateAddress } from "./ollama-address.ts";
import { secretReference } from "./render-secrets.ts";

/** Every model of a spec once, in the order of its first mention. */
export function modelsOf(spec: DeploymentSpec): readonly string[] {
  return [
    ...new Set([
      spec.models.primary,
      ...spec.models.fallbacks,
      ...Object.values(spec.agents).map(({ model }) => model),
    ]),
  ];
}

/** Tokens that a model is given: what the spec says, or what it was made for where that is less. */
export function contextOf(spec: DeploymentSpec, ref: string): number {
  const most = findModel(ref)?.contextTokens ?? spec.models.contextTokens;
  return Math.min(spec.models.contextTokens, most);
}

/** The providers with exactly the models that the spec names. */
export function modelProviders(spec: DeploymentSpec): Readonly<Record<string, ModelProvider>> {
  const refs = modelsOf(spec);
  const of = (provider: string): readonly ModelEntry[] =>
    refs
      .filter((ref) => ref.startsWith(`${provider}/`))
      .map((ref) => entry(spec, ref, ref.slice(provider.length + 1), provider === "ollama"));
  const [local, hosted] = [of("ollama"), of("openrouter")];
  const { timeoutSeconds } = spec.models;
  return {
    ...(local.length === 0
      ? {}
      : {
          ollama: {
            baseUrl: gateAddress(spec),
            api: "ollama",
            // Ollama asks for none and OpenClaw wants one: this opens nothing (C1).
            apiKey: "ollama-local",
            timeoutSeconds,
            models: local,
          },
        }),
    ...(hosted.length === 0
      ? {}
      : {
          openrouter: {
            baseUrl: "https://openrouter.ai/api/v1",
            api: "openai-completions",
            apiKey: secretReference(spec.secrets.openrouterKey),
            timeoutSeconds,
            models: hosted,
          },
        }),
  };
}

function entry(spec: DeploymentSpec, ref: string, id: string, isOllama: boolean): ModelEntry {
  const contextTokens = contextOf(spec, ref);
  const { numThread, numGpu } = spec.models;
  return {
    id,
    name: id,
    reasoning: false,
    input: ["text"],
    cost: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 },
    contextWindow: findModel(ref)?.contextTokens ?? contextTokens,
    contextTokens,
    maxTokens: Math.min(spec.models.maxTokens, contextTokens),
    ...(isOllama
      ? {
          params: {
            num_ctx: contextTokens,
            ...(numThread === undefined ? {} : { num_thread: numThread }),
            ...(numGpu === undefined ? {} : { num_gpu: numGpu }),
          },
        }
      : {}),
  };
}
