import type { SecretProvider, SecretReference } from "@clawkeep/openclaw-contract";

import { searchHost } from "../capabilities/capability-hosts.ts";
import { secretsOf } from "../spec/check-secrets.ts";
import type { DeploymentSpec, SecretPlace } from "../spec/deployment-spec.ts";
import { folderOf } from "./render-place.ts";
import type { RenderPlace } from "./render-place.ts";

/** OpenClaw's reference to a secret. */
export function secretReference(place: SecretPlace): SecretReference {
  if (place.source === "env") return { source: "env", provider: "default", id: place.name };
  if (place.source === "exec") return { source: "exec", provider: place.command, id: place.id };
  return { source: "file", provider: place.name, id: "value" };
}

/** The providers of the references that are used, and no others. */
export function secretProviders(
  spec: DeploymentSpec,
  used: readonly SecretPlace[],
  place: RenderPlace,
): Readonly<Record<string, SecretProvider>> {
  const folder = folderOf(spec.profile.secrets, spec, place);
  const providers: Record<string, SecretProvider> = {};
  for (const secret of used) {
    if (secret.source === "env") providers["default"] = { source: "env" };
    else if (secret.source === "file") {
      const path = `${folder}/${secret.name}`;
      providers[secret.name] = { source: "file", path, mode: "singleValue" };
    } else {
      const { command = "", args = [] } = spec.secrets.commands[secret.command] ?? {};
      providers[secret.command] = { source: "exec", command, args };
    }
  }
  return Object.fromEntries(Object.entries(providers).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** The secrets that a deployment really uses: the others are never asked for. */
export function usedSecrets(spec: DeploymentSpec): readonly SecretPlace[] {
  const isHosted = [
    spec.models.primary,
    ...spec.models.fallbacks,
    ...Object.values(spec.agents).map(({ model }) => model),
  ].some((ref) => ref.startsWith("openrouter/"));
  return secretsOf(spec)
    .filter(
      ({ place }) =>
        (place !== spec.secrets.gatewayToken || spec.gateway.auth === "token") &&
        (place !== spec.secrets.openrouterKey || isHosted) &&
        (place !== spec.secrets.searchKey || searchHost(spec) !== undefined),
    )
    .map(({ place }) => place);
}
