import { findModel } from "../catalogue/models.ts";
import { recommendedContext, smallestContext } from "../ollama/modelfile.ts";
import type { DeploymentSpec } from "./deployment-spec.ts";
import type { SpecProblem } from "./spec-problem.ts";

type Place = "local" | "ollama-cloud" | "openrouter";

/** Where a model runs, by its reference alone. */
export function placeOfModel(ref: string): Place {
  if (ref.startsWith("openrouter/")) return "openrouter";
  return /[:-]cloud$/u.test(ref) ? "ollama-cloud" : "local";
}

/** Pinned models that the profile can reach, whose context holds a turn. */
export function checkModels(spec: DeploymentSpec): readonly SpecProblem[] {
  const named: readonly { readonly ref: string; readonly path: SpecProblem["path"] }[] = [
    { ref: spec.models.primary, path: ["models", "primary"] },
    ...spec.models.fallbacks.map((ref, index) => ({ ref, path: ["models", "fallbacks", index] })),
    ...Object.entries(spec.agents).map(([name, { model }]) => ({
      ref: model,
      path: ["agents", name, "model"],
    })),
  ];
  return [
    ...named.flatMap(({ ref, path }) => [
      ...pinning(ref, path),
      ...reach(spec, ref, path),
      ...abilities(spec, ref, path),
    ]),
    ...context(spec),
    ...order(spec),
  ];
}

function pinning(ref: string, path: SpecProblem["path"]): readonly SpecProblem[] {
  const id = ref.slice(ref.indexOf("/") + 1);
  const isFloating = ref.startsWith("ollama/")
    ? !id.includes(":") || id.endsWith(":latest")
    : id === "auto" || /(?:^|[/:-])latest$/u.test(id) || !id.includes("/");
  if (!isFloating) return [];
  return [
    {
      code: "DEPLOY_MODEL_FLOATING",
      severity: "error",
      path,
      message: `expected a pinned model, got ${ref}, which is another one tomorrow`,
      hint: "Write the tag, as `openclaw models list --json` and `ollama list` show it (S6).",
    },
  ];
}

function reach(
  spec: DeploymentSpec,
  ref: string,
  path: SpecProblem["path"],
): readonly SpecProblem[] {
  const place = placeOfModel(ref);
  const { profile } = spec;
  const elsewhere = place === "local" && spec.models.endpoint !== undefined;
  if (profile.providers.includes(place) || elsewhere) return [];
  const why: Readonly<Record<Place, string>> = {
    local:
      "it runs no Ollama: name one elsewhere in models.endpoint, or use an openrouter/ model (T4, T8)",
    "ollama-cloud": "it has no route to a cloud (OLLAMA_NO_CLOUD=1)",
    openrouter: "nothing in it may hold a provider's key or reach one (C1, G1)",
  };
  return [
    {
      code: "DEPLOY_MODEL_OUT_OF_REACH",
      severity: "error",
      path,
      message: `expected a model that profile ${profile.name} can use, got ${ref}: ${why[place]}`,
      hint: `Profile ${profile.name} takes ${profile.providers.join(", ")} models.`,
    },
  ];
}

function abilities(
  spec: DeploymentSpec,
  ref: string,
  path: SpecProblem["path"],
): readonly SpecProblem[] {
  const model = findModel(ref);
  if (model === undefined) {
    return [
      {
        code: "DEPLOY_MODEL_UNKNOWN",
        severity: "note",
        path,
        message: `${ref} is not in the catalogue: its size, context and tools are not checked`,
        hint: "`claw models` lists those that are.",
      },
    ];
  }
  const problems: SpecProblem[] = [];
  if (model.tools !== "yes") {
    problems.push({
      code: "DEPLOY_MODEL_WITHOUT_TOOLS",
      severity: model.tools === "no" ? "error" : "warning",
      path,
      message:
        model.tools === "no"
          ? `expected a model that calls tools, got ${ref}: Ollama answers 400 to every turn`
          : `whether ${ref} calls tools is not proved`,
      hint: "Choose a model with tools (`claw models`), or ask it once before you rely on it.",
    });
  }
  if (spec.models.contextTokens > model.contextTokens) {
    problems.push({
      code: "DEPLOY_CONTEXT_BEYOND_MODEL",
      severity: "warning",
      path,
      message: `${ref} was made for ${model.contextTokens} tokens, models.contextTokens is ${spec.models.contextTokens}: it is given ${model.contextTokens}`,
      hint: `${recommendedContext} is recommended for work in several steps: choose a model that has it (T17).`,
    });
  }
  return problems;
}

function context(spec: DeploymentSpec): readonly SpecProblem[] {
  const { contextTokens } = spec.models;
  const path = ["models", "contextTokens"] as const;
  if (contextTokens < smallestContext) {
    return [
      {
        code: "DEPLOY_CONTEXT_TOO_SMALL",
        severity: "error",
        path,
        message: `expected at least ${smallestContext} tokens of context, got ${contextTokens}: a bare turn is about 30 kB`,
        hint: `${recommendedContext} is recommended (C7, T17).`,
      },
    ];
  }
  if (contextTokens >= recommendedContext) return [];
  return [
    {
      code: "DEPLOY_CONTEXT_SMALL",
      severity: "warning",
      path,
      message: `${contextTokens} tokens of context are fewer than the recommended ${recommendedContext}`,
      hint: "Long work loses its beginning. Take more where memory allows it: claw advise says how much (T17).",
    },
  ];
}

function order(spec: DeploymentSpec): readonly SpecProblem[] {
  if (spec.profile.name !== "hybrid") return [];
  const { primary, fallbacks } = spec.models;
  const isHybrid =
    placeOfModel(primary) === "openrouter" &&
    fallbacks.some((ref) => placeOfModel(ref) === "local");
  if (isHybrid) return [];
  return [
    {
      code: "DEPLOY_HYBRID",
      severity: "error",
      path: ["models"],
      message: "expected an openrouter/ model first and an ollama/ model among the fallbacks",
      hint: "That is what hybrid is for (T8). For local models alone take cage, for hosted ones alone vps.",
    },
  ];
}
