import { findModel } from "../catalogue/models.ts";
import type { DeploymentSpec } from "../spec/deployment-spec.ts";
import { modelsOf } from "./render-models.ts";

/**
 * The findings that OpenClaw's own audit has for a deployment, sorted: those of its profile, of its models, and of
 * what its spec switches on. Anything else is an error, and so is one of these that is missing.
 */
export function expectedAudit(spec: DeploymentSpec): readonly string[] {
  const { profile, gateway, exec } = spec;
  const expected = new Set(profile.expectedAudit);
  for (const ref of modelsOf(spec)) {
    for (const finding of findModel(ref)?.audit ?? []) expected.add(finding);
  }
  if (gateway.ui && profile.bind === "loopback" && gateway.exposure !== "caddy") {
    expected.add("gateway.trusted_proxies_missing");
  }
  if (exec.mode !== "deny") expected.add("tools.exec.fs_tools_disabled_but_exec_enabled");
  return [...expected].toSorted();
}
