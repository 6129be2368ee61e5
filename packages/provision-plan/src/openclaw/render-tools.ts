import type { ToolsConfig } from "@clawkeep/openclaw-contract";

import { hasServers } from "../capabilities/mcp-servers.ts";
import type { DeploymentSpec } from "../spec/deployment-spec.ts";

/** What no deployment needs unless its spec says so. */
const denied: readonly string[] = [
  "exec",
  "group:runtime",
  "group:automation",
  "group:ui",
  "group:nodes",
  "group:web",
  "browser",
  "write",
  "edit",
  "apply_patch",
  "process",
  "sessions_spawn",
  "sessions_send",
];

/** What the model may do: read the workspace and call locked skills; more only where the spec has it. */
export function renderTools(spec: DeploymentSpec): ToolsConfig {
  const { exec } = spec;
  const provider = spec.capabilities.webSearch;
  const searches = provider !== undefined;
  const patches = exec.applyPatch.length > 0;
  const given = new Set([
    "read",
    ...(hasServers(spec) ? ["bundle-mcp"] : []),
    ...(exec.mode === "deny" ? [] : ["exec"]),
    ...(patches ? ["apply_patch"] : []),
    ...(searches ? ["web_search", "web_fetch"] : []),
  ]);
  const lifted = new Set([
    ...given,
    ...(exec.mode === "deny" ? [] : ["group:runtime"]),
    ...(searches ? ["group:web"] : []),
  ]);
  return {
    profile: exec.mode === "full" ? "full" : "minimal",
    alsoAllow: [...given],
    deny: denied.filter((name) => !lifted.has(name)),
    fs: { workspaceOnly: true },
    elevated: { enabled: false },
    exec: {
      ...(exec.mode === "deny"
        ? {}
        : { host: "gateway", strictInlineEval: true, safeBins: [] as readonly string[] }),
      mode: exec.mode,
      backgroundMs: exec.backgroundMs,
      timeoutSeconds: exec.timeoutSeconds,
      cleanupMs: exec.cleanupMs,
      notifyOnExit: true,
      notifyOnExitEmptySuccess: false,
      applyPatch: {
        enabled: patches,
        workspaceOnly: true,
        ...(patches ? { allowModels: exec.applyPatch } : {}),
      },
    },
    web: {
      search: provider === undefined ? { enabled: false } : { enabled: true, provider },
      fetch: { enabled: searches },
    },
    sessions: { visibility: "agent" },
    agentToAgent: { enabled: false },
    toolSearch: false,
  };
}
