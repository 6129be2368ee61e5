import type { ToolsConfig } from "@clawkeep/openclaw-contract";

import { hasServers } from "../capabilities/mcp-servers.ts";
import type { DeploymentSpec } from "../spec/deployment-spec.ts";
import type { ToolGroup } from "../spec/written-spec.ts";

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

/** Tools that are denied by their own name, and come with a group. */
const liftedBy: Readonly<Partial<Record<ToolGroup, readonly string[]>>> = {
  fs: ["write", "edit"],
  ui: ["browser"],
};

/** What a group brings and no deployment gives with it: words to other agents, and a shell. */
const keptBack: Readonly<Partial<Record<ToolGroup, readonly string[]>>> = {
  sessions: ["conversations_send", "conversations_turn", "subagents"],
  ui: ["terminal"],
};

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
    ...spec.toolGroups.map((group) => `group:${group}`),
  ]);
  const lifted = new Set([
    ...given,
    ...(exec.mode === "deny" ? [] : ["group:runtime"]),
    ...(searches ? ["group:web"] : []),
    ...spec.toolGroups.flatMap((group) => liftedBy[group] ?? []),
  ]);
  return {
    profile: exec.mode === "full" ? "full" : "minimal",
    alsoAllow: [...given],
    deny: [
      ...denied.filter((name) => !lifted.has(name)),
      ...spec.toolGroups.flatMap((group) => keptBack[group] ?? []),
    ],
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
