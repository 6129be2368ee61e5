import type { Artifact } from "../artifacts/artifact.ts";
import { portsOf } from "../profiles/ports.ts";
import type { DeploymentSpec } from "../spec/deployment-spec.ts";

/** Arguments of `ufw`, one command a line: in nothing but SSH, and what the exposure needs (T10, T13). */
export function renderUfw(spec: DeploymentSpec): Artifact {
  const { exposure, port } = spec.gateway;
  return {
    path: "ufw.rules",
    kind: "ufw",
    mode: 0o644,
    text: [
      "default deny incoming",
      "default allow outgoing",
      "default deny routed",
      "limit 22/tcp",
      ...(exposure === "tailscale"
        ? ["allow 41641/udp", `allow in on tailscale0 to any port ${port} proto tcp`]
        : []),
      ...(exposure === "caddy" ? ["allow 80/tcp", "allow 443/tcp"] : []),
      `deny ${port}/tcp`,
      `deny ${portsOf(spec).ollama}/tcp`,
      "",
    ].join("\n"),
  };
}
