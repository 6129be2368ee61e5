import { portsOf } from "../profiles/ports.ts";
import type { DeploymentSpec } from "../spec/deployment-spec.ts";
import { gateAddress } from "./ollama-address.ts";

/** Where the gateway finds the proxy to the outside. */
export function egressUrl(spec: DeploymentSpec): string {
  const host = spec.profile.gateway === "container" ? "egress" : "127.0.0.1";
  return `http://${host}:${portsOf(spec).egressProxy}`;
}

/**
 * Whether OpenClaw itself keeps everything on that proxy. It excepts loopback and nothing else, so that a container,
 * whose Ollama is another container, would ask the proxy for it, which says no: there the variables say it, and the
 * network has no other way out.
 */
export function isManaged(spec: DeploymentSpec): boolean {
  return spec.egress.mode === "allowlist" && spec.profile.gateway !== "container";
}

/** Variables that every program of the gateway's container reads; none where OpenClaw keeps to the proxy by itself. */
export function egressVariables(spec: DeploymentSpec): Readonly<Record<string, string>> {
  if (spec.egress.mode !== "allowlist" || isManaged(spec)) return {};
  const direct = ["127.0.0.1", "localhost", "::1", new URL(gateAddress(spec)).hostname];
  return { HTTPS_PROXY: egressUrl(spec), NO_PROXY: direct.join(",") };
}
