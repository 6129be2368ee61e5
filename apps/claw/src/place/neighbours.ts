import { existsSync, readdirSync } from "node:fs";
import path from "node:path";
import process from "node:process";

import { CodedError } from "@clawkeep/diagnostics";
import { stateHome } from "@clawkeep/durable-files";
import { readCard } from "@clawkeep/provision";
import { checkInstances } from "@clawkeep/provision-plan";
import type { DeploymentSpec } from "@clawkeep/provision-plan";

import { thisPlace } from "./render-place.ts";
import { readSpec } from "./spec-file.ts";

/**
 * Refuses a deployment that would have a port, user, bridge or subnet of another one that was applied here, or the name
 * of another spec that is still there. What another user or another `CLAWKEEP_HOME` applied is not seen.
 *
 * @param file The spec that is being applied.
 * @throws CodedError `DEPLOY_INSTANCE_CLASH` naming all (S13)
 */
export function refuseClashes(spec: DeploymentSpec, file: string): void {
  for (const other of neighbours(file)) {
    const clashes = checkInstances([spec, other.spec], thisPlace());
    if (clashes.length === 0) continue;
    throw new CodedError({
      code: "DEPLOY_INSTANCE_CLASH",
      message: `${clashes.map(({ message }) => message).join("; ")}: ${other.file} was applied here`,
      hint: `${clashes[0]?.hint ?? ""} Or take the other one away: claw uninstall ${other.spec.name}`,
    });
  }
}

interface Neighbour {
  readonly file: string;
  readonly spec: DeploymentSpec;
}

/** Specs of other deployments that were applied here, where they are still what can be read. */
function neighbours(file: string): readonly Neighbour[] {
  const deployments = path.join(stateHome(process.env), "deployments");
  if (!existsSync(deployments)) return [];
  return readdirSync(deployments, { withFileTypes: true }).flatMap((entry): Neighbour[] => {
    const store = path.join(deployments, entry.name);
    if (!entry.isDirectory() || !existsSync(path.join(store, "deployment.json"))) return [];
    const card = readCard(store);
    if (card.spec === path.resolve(file) || !existsSync(card.spec)) return [];
    const { spec } = readSpec(card.spec);
    // A file that has another name by now says nothing about what was applied.
    return spec === undefined || spec.name !== card.name ? [] : [{ file: card.spec, spec }];
  });
}
