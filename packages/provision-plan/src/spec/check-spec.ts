import { checkAccess } from "./check-access.ts";
import { checkCapabilities } from "./check-capabilities.ts";
import { checkModels } from "./check-models.ts";
import { checkOllama } from "./check-ollama.ts";
import { checkSecrets } from "./check-secrets.ts";
import { checkWaivers } from "./check-waivers.ts";
import type { DeploymentSpec } from "./deployment-spec.ts";
import type { SpecProblem } from "./spec-problem.ts";
import type { WrittenSpec } from "./written-spec.ts";

/** The rules between keys. All problems of all rules; none of them stops another. */
export function checkSpec(spec: DeploymentSpec, written: WrittenSpec): readonly SpecProblem[] {
  return [
    ...checkModels(spec),
    ...checkOllama(spec),
    ...checkSecrets(spec, written),
    ...checkAccess(spec),
    ...checkCapabilities(spec, written),
    ...checkWaivers(spec),
  ];
}
