import type { Role } from "../layout/accounts.ts";
import type { DeploymentSpec } from "../spec/deployment-spec.ts";

/** Images that are not built here, by exact tag. Each has a build argument, so that a digest can be put in its place. */
export const images: {
  readonly base: string;
  readonly ollama: string;
  readonly squid: string;
  readonly openWebui: string;
} = {
  base: "docker.io/library/node:24.21.0-bookworm-slim",
  ollama: "docker.io/ollama/ollama:0.17.4",
  squid: "docker.io/ubuntu/squid:6.6-24.04_beta",
  openWebui: "ghcr.io/open-webui/open-webui:v0.12.4",
};

/** The stage of the Dockerfile that one part is made by; squid's image is taken as it is. */
export function targetOf(
  role: Role,
  spec: DeploymentSpec,
): "gateway" | "keeper" | "ollama" | "all" {
  if (spec.profile.ollama === "same-container" && role !== "skills") return "all";
  if (role === "gateway" || role === "ollama") return role;
  return "keeper";
}

/** The image of one part. */
export function imageOf(role: Role, spec: DeploymentSpec): string {
  if (role === "egress") return images.squid;
  return `claw-${spec.name}/${targetOf(role, spec)}:${spec.openclawVersion}`;
}
