import { findModel } from "../catalogue/models.ts";
import type { DeploymentSpec } from "../spec/deployment-spec.ts";
import { modelsOf } from "./render-models.ts";

/**
 * The findings that OpenClaw's own audit has for a deployment, as `warn some.check`, sorted: those of its profile, of
 * its models, and of what its spec switches on. Anything else is an error, and so is one of these that is
 * missing. No profile has a critical one by itself; the spec had to ask for it, most by a waiver.
 */
export function expectedAudit(spec: DeploymentSpec): readonly string[] {
  const { profile, gateway, exec } = spec;
  const expected = new Set(profile.expectedAudit);
  const searches = spec.capabilities.webSearch !== undefined;
  for (const ref of modelsOf(spec)) {
    for (const finding of findModel(ref)?.audit ?? []) expected.add(finding);
    if (isSmall(ref)) expected.add(`${searches ? "critical" : "info"} models.small_params`);
  }
  if (gateway.ui && profile.bind === "loopback" && gateway.exposure !== "caddy") {
    expected.add("warn gateway.trusted_proxies_missing");
  }
  if (gateway.exposure === "tailscale") expected.add("info gateway.tailscale_serve");
  if (gateway.auth === "none") {
    expected.add("critical gateway.loopback_no_auth");
    expected.add("warn gateway.http.no_auth");
  }
  if (gateway.auth === "trusted-proxy") {
    expected.add("critical gateway.trusted_proxy_auth");
    expected.add("warn gateway.trusted_proxy_allow_loopback");
  }
  if (exec.mode !== "deny") {
    if (exec.applyPatch.length === 0) {
      expected.add("warn tools.exec.fs_tools_disabled_but_exec_enabled");
    }
    if (spec.skills.length > 0) expected.add("warn tools.exec.agent_skill_mcp_boundary_drift");
  }
  return [...expected].toSorted();
}

/** OpenClaw reads the size out of the name, and calls up to 300 billion parameters small. */
function isSmall(ref: string): boolean {
  const size = /(?:^|[^a-z0-9.])([0-9]+(?:\.[0-9]+)?)b(?![a-z0-9])/iu.exec(ref)?.[1];
  return size !== undefined && Number(size) <= 300;
}
