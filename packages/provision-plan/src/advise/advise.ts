import { catalogue } from "../catalogue/models.ts";
import type { CatalogueModel } from "../catalogue/models.ts";
import { modelMemory } from "../catalogue/model-memory.ts";
import type { CacheType } from "../catalogue/model-memory.ts";
import type { HostFacts } from "../host/host-facts.ts";
import { recommendedContext, smallestContext } from "../ollama/modelfile.ts";
import type { ProfileName } from "../profiles/profile.ts";
import { gb, usableGb } from "./judge-host.ts";

/** One local model on one host: what it may be given, or why it may not run. */
export interface ModelAdvice {
  readonly ref: string;
  readonly fits: boolean;
  /** Where it would run. */
  readonly on: "gpu" | "cpu" | "nowhere";
  /** Largest context that fits, at most the recommended one; 0 where none does. */
  readonly contextTokens: number;
  readonly cache: CacheType;
  /** What it needs at that context, or at the smallest one where none fits. */
  readonly needsGb: number;
  readonly why: string;
  readonly rows: readonly string[];
}

/** What to run on a host. */
export interface Advice {
  readonly profile: ProfileName;
  /** The model to begin with: a local one that fits, or a hosted one. */
  readonly model: string;
  readonly contextTokens: number;
  readonly cache: CacheType;
  /** Sentences with numbers, each with the rows that it follows from. */
  readonly reasons: readonly { readonly text: string; readonly rows: readonly string[] }[];
  /** Every local model of the catalogue on this host. */
  readonly models: readonly ModelAdvice[];
}

/** A hosted model that costs nothing, for hosts without room for a local one. */
const hosted = "openrouter/meta/llama-3.1-8b-instruct:free";

/** Which of the models that fit comes first: what works in many steps before what is merely larger. */
const preferred: readonly string[] = [
  "ollama/gpt-oss:20b",
  "ollama/llama3.1:8b",
  "ollama/mistral-small3.1:24b",
  "ollama/qwen2.5-coder:32b",
  "ollama/phi4-mini:3.8b",
  "ollama/llama3.2:3b",
  "ollama/qwen2.5-coder:14b-instruct-q4_K_M",
  "ollama/qwen2.5-coder:7b",
  "ollama/qwen2.5:7b",
  "ollama/qwen2.5:3b",
];

/** Recommends a profile and a model for a host, and says of every other local model why not. */
export function advise(host: HostFacts): Advice {
  const models = catalogue
    .filter((model) => model.where === "local")
    .flatMap((model) => adviseModel(model, host));
  const best = choose(models);
  const memory = usableGb(host);
  const reasons: { text: string; rows: readonly string[] }[] = [];
  const say = (text: string, ...rows: readonly string[]): void => {
    reasons.push({ text, rows });
  };
  if (host.memoryLimitBytes !== undefined) {
    say(`a cgroup leaves ${gb(memory)} of ${gb(host.memoryBytes / 1e9)}`, "L12");
  }
  if (best === undefined) {
    const small = models.toSorted((a, b) => a.needsGb - b.needsGb)[0];
    say(
      `no local model: the smallest, ${small?.ref ?? "none"}, needs ${gb(small?.needsGb ?? 0)}, this host has ${gb(memory)}`,
      "T4",
      "T5",
      "L21",
    );
    say("a hosted model by OpenRouter, with the gateway alone on this host", "T4", "T7");
    if (memory < 3.6) say("4 GB of swap, and no containers", "T4", "T5");
    return {
      profile: "vps",
      model: hosted,
      contextTokens: recommendedContext,
      cache: "f16",
      reasons,
      models,
    };
  }
  say(`${best.ref}: ${best.why}`, ...best.rows);
  const profile = profileFor(host, memory);
  say(profile.why, ...profile.rows);
  return {
    profile: profile.name,
    model: best.ref,
    contextTokens: best.contextTokens,
    cache: best.cache,
    reasons,
    models,
  };
}

function choose(models: readonly ModelAdvice[]): ModelAdvice | undefined {
  const usable = models.filter(({ fits, ref }) => fits && preferred.includes(ref));
  const rank = ({ ref, contextTokens, on }: ModelAdvice): number =>
    preferred.indexOf(ref) +
    (contextTokens >= recommendedContext ? 0 : 100) +
    (on === "gpu" || ref !== "ollama/qwen2.5-coder:32b" ? 0 : 50);
  return usable.toSorted((a, b) => rank(a) - rank(b))[0];
}

function profileFor(
  host: HostFacts,
  memory: number,
): { readonly name: ProfileName; readonly why: string; readonly rows: readonly string[] } {
  if (host.platform === "darwin") {
    return { name: "macos", why: "Ollama native, since containers reach no Metal", rows: ["G22"] };
  }
  if (host.hasDocker && memory >= 3.6) {
    return { name: "cage", why: "Docker is here: no route out of the containers", rows: ["G1"] };
  }
  if (host.hasPodman && memory >= 3.6) {
    return { name: "podman", why: "Podman is here, without root", rows: ["G7"] };
  }
  if (host.hasSystemd) {
    return { name: "bare-metal", why: "systemd is here, and no containers", rows: ["T1", "T3"] };
  }
  return { name: "notebook", why: "neither containers nor systemd are here", rows: ["S16"] };
}

/** The largest context first at 16 bits, then with a smaller cache, then a smaller context. */
function adviseModel(model: CatalogueModel, host: HostFacts): readonly ModelAdvice[] {
  const smallest = modelMemory(model, smallestContext, "q4_0");
  if (smallest === undefined) return [];
  const graphics = Math.max(0, ...host.gpus.map(({ memoryBytes }) => memoryBytes)) / 1e9;
  const memory = usableGb(host);
  const { ref, rows } = model;
  if (model.tools === "no") {
    const why = "it calls no tools: Ollama answers 400 to every turn of an agent";
    return [
      {
        ref,
        fits: false,
        on: "nowhere",
        contextTokens: 0,
        cache: "q4_0",
        needsGb: smallest.ramGb,
        why,
        rows,
      },
    ];
  }
  const most = Math.min(recommendedContext, model.contextTokens);
  for (let tokens = most; tokens >= smallestContext; tokens /= 2) {
    for (const cache of ["f16", "q8_0"] as const) {
      const needs = modelMemory(model, tokens, cache);
      if (needs === undefined) continue;
      const on = graphics >= needs.vramGb ? "gpu" : memory >= needs.ramGb ? "cpu" : undefined;
      if (on === undefined) continue;
      const needsGb = on === "gpu" ? needs.vramGb : needs.ramGb;
      const of = on === "gpu" ? `${gb(graphics)} of graphics memory` : `${gb(memory)} of memory`;
      const why = `${gb(needsGb)} for ${tokens} tokens (${cache}), of ${of}`;
      return [
        {
          ref,
          fits: true,
          on,
          contextTokens: tokens,
          cache,
          needsGb,
          why,
          rows: together(rows, "L21", "T17"),
        },
      ];
    }
  }
  const why = `needs ${gb(smallest.ramGb)} even for ${smallestContext} tokens, this host has ${gb(memory)}`;
  return [
    {
      ref,
      fits: false,
      on: "nowhere",
      contextTokens: 0,
      cache: "q4_0",
      needsGb: smallest.ramGb,
      why,
      rows: together(rows, "G20", "L21", "T5"),
    },
  ];
}

/** Each row once: a model's own, and those of the rule. */
function together(rows: readonly string[], ...more: readonly string[]): readonly string[] {
  return [...new Set([...rows, ...more])];
}
