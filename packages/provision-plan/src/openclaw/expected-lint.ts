import type { DeploymentSpec } from "../spec/deployment-spec.ts";
import { modelsOf } from "./render-models.ts";

/**
 * What OpenClaw's `doctor --lint` says of a deployment, as `warning requirement`, sorted. Its copy has an empty state, so
 * that what the first start makes is missing there; a gateway on loopback, or one in a container that listens on its
 * network, is what we want; and the key of Ollama is no secret but the word that OpenClaw asks for.
 */
export function expectedLint(spec: DeploymentSpec): readonly string[] {
  const { profile, gateway } = spec;
  return [
    "warning heartbeat-monitor-create",
    ...(modelsOf(spec).some((ref) => ref.startsWith("ollama/"))
      ? ["warning config.plaintext_secrets"]
      : []),
    ...(profile.bind === "lan" ? ["warning gateway.bind_network_accessible"] : []),
    ...(profile.bind === "loopback" && gateway.exposure !== "tailscale"
      ? ["warning node-onboarding-url"]
      : []),
    ...(gateway.auth === "trusted-proxy" ? ["warning machine-client-auth"] : []),
  ].toSorted();
}
