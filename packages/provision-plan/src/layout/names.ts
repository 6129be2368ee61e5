import { createHash } from "node:crypto";

import type { DeploymentSpec } from "../spec/deployment-spec.ts";

/** Networks of a deployment's containers, each a bridge. `web` is Open WebUI's and the proxy's that it asks. */
export type Network = "inside" | "models" | "front" | "host" | "outside" | "web";

/** Those that a firewall has rules about, whether a profile uses each or not: a rule about none does nothing. */
export function networkNames(spec: DeploymentSpec): readonly Network[] {
  const always: readonly Network[] = ["inside", "models", "front", "host", "outside"];
  return spec.extras.openWebui === undefined ? always : [...always, "web"];
}

/** A bridge of Docker: its name has at most 15 characters, so a digest stands for the deployment's name. */
export function bridgeName(spec: DeploymentSpec, network: Network): string {
  return `cl${digest(spec.name).slice(0, 8)}${network.slice(0, 2)}`;
}

/** The network between containers and an Ollama of the host: its address must be known before it exists. */
export function hostNetwork(spec: DeploymentSpec): {
  readonly subnet: string;
  readonly host: string;
} {
  const third = Number.parseInt(digest(spec.name).slice(0, 2), 16);
  return { subnet: `172.30.${third}.0/24`, host: `172.30.${third}.1` };
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
