import { bridgeName, hostNetwork } from "../layout/names.ts";
import { servicesWithAccounts } from "../layout/services.ts";
import type { RenderPlace } from "../openclaw/render-place.ts";
import { ports, portsOf } from "../profiles/ports.ts";
import type { DeploymentSpec } from "./deployment-spec.ts";

/** Two deployments of one host that would have the same thing. */
export interface InstanceClash {
  readonly code: "DEPLOY_INSTANCE_CLASH";
  readonly message: string;
  readonly hint: string;
}

/**
 * What several deployments of one host share that each must have for itself: name (and with it state, index and log),
 * ports, users, bridges, subnets (S13).
 */
export function checkInstances(
  specs: readonly DeploymentSpec[],
  place: RenderPlace,
): readonly InstanceClash[] {
  const owners = new Map<string, number>();
  const clashes: InstanceClash[] = [];
  for (const [index, spec] of specs.entries()) {
    for (const claim of claimsOf(spec, place)) {
      const before = owners.get(claim);
      if (before === undefined) owners.set(claim, index);
      else if (before !== index) {
        clashes.push({
          code: "DEPLOY_INSTANCE_CLASH",
          message: `expected ${claim} for one deployment, got it in ${specs[before]?.name} and ${spec.name}`,
          hint: "Give each its own name and its own instance: 0, 1, 2 …",
        });
      }
    }
  }
  return clashes;
}

function claimsOf(spec: DeploymentSpec, place: RenderPlace): readonly string[] {
  const { profile, gateway } = spec;
  const { ollama, gateBesideOllama, egressProxy } = portsOf(spec);
  const onHost = profile.gateway === "system-unit" || profile.gateway === "user-unit";
  const inContainer = profile.gateway === "container";
  return [
    `name ${spec.name}`,
    ...[
      gateway.port,
      ...(inContainer ? [] : [gateway.port + ports.browserOffset]),
      ...(onHost ? [ollama, gateBesideOllama, egressProxy] : []),
      ...(spec.extras.openWebui === undefined ? [] : [spec.extras.openWebui.port]),
    ].map((port) => `port ${port}`),
    ...servicesWithAccounts(spec, place).map(({ uid }) => `user ${uid}`),
    ...(inContainer ? [`bridge ${bridgeName(spec, "inside")}`] : []),
    ...(profile.name === "credentialless" ? [`subnet ${hostNetwork(spec).subnet}`] : []),
  ];
}
