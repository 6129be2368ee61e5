import { ollamaVariableProblem } from "../ollama/variables.ts";
import type { DeploymentSpec } from "./deployment-spec.ts";
import type { SpecProblem } from "./spec-problem.ts";

/** Set by the profile, each from the one place that says it; a second place could differ. */
const owned: Readonly<Record<string, string>> = {
  OLLAMA_HOST: "the profile says where Ollama listens",
  OLLAMA_NO_CLOUD: "it is 1 wherever no cloud model is named",
  OLLAMA_CONTEXT_LENGTH: "models.contextTokens says it",
};

/** Variables that Ollama reads, and that nothing else decides. */
export function checkOllama(spec: DeploymentSpec): readonly SpecProblem[] {
  return Object.entries(spec.ollama).flatMap(([name, value]) => {
    const path = ["ollama", name];
    const problem = ollamaVariableProblem(name, value);
    if (problem !== undefined) {
      return [
        {
          code: `DEPLOY_${problem.code}`,
          severity: "error" as const,
          path,
          message: problem.message,
          hint: `${problem.hint ?? ""} (C5)`,
        },
      ];
    }
    const owner = Object.hasOwn(owned, name) ? owned[name] : undefined;
    if (owner === undefined) return [];
    return [
      {
        code: "DEPLOY_OLLAMA_OWNED",
        severity: "error" as const,
        path,
        message: `${name} is not written here: ${owner}`,
        hint: "Remove it.",
      },
    ];
  });
}
