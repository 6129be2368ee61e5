import type { RenderPlace } from "../openclaw/render-place.ts";
import type { DeploymentSpec } from "../spec/deployment-spec.ts";

/** The parts of a deployment that are processes of their own. */
export type Role = "gateway" | "skills" | "ollama-gate" | "ollama" | "egress";

/** Ids that one deployment may use. */
const accountsOfOne = 16;

/** Ids of each part. The official image's user is 1000; on a host the ids follow that of the skills service. */
export function accountOf(role: Role, spec: DeploymentSpec, place: RenderPlace): number {
  if (role === "gateway" && spec.profile.gateway === "container") return 1000;
  const order: readonly Role[] = ["skills", "gateway", "ollama-gate", "ollama", "egress"];
  return place.skillsUid + spec.instance * accountsOfOne + order.indexOf(role);
}

/** The id of Open WebUI's container, after those of the parts and of what publishes a port without an engine. */
export function openWebuiAccount(spec: DeploymentSpec, place: RenderPlace): number {
  return place.skillsUid + spec.instance * accountsOfOne + 6;
}

/** Which parts a deployment has. */
export function rolesOf(spec: DeploymentSpec): readonly Role[] {
  const { profile, models, egress } = spec;
  const asksOllama = [
    models.primary,
    ...models.fallbacks,
    ...Object.values(spec.agents).map(({ model }) => model),
  ].some((ref) => ref.startsWith("ollama/"));
  const runsOllama = asksOllama && models.endpoint === undefined && profile.ollama !== "none";
  return [
    "gateway",
    ...(spec.skills.length > 0 ? ["skills" as const] : []),
    ...(asksOllama && profile.gateway !== "process" ? ["ollama-gate" as const] : []),
    ...(runsOllama ? ["ollama" as const] : []),
    ...(egress.mode === "allowlist" ? ["egress" as const] : []),
  ];
}
