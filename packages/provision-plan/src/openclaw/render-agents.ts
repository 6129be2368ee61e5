import type { AgentSandbox, AgentsConfig } from "@clawkeep/openclaw-contract";

import type { DeploymentSpec } from "../spec/deployment-spec.ts";
import { modelsOf } from "./render-models.ts";
import { folderOf } from "./render-place.ts";
import type { RenderPlace } from "./render-place.ts";

/** The agents: `main`, and those that the spec names, each owned by its name. */
export function renderAgents(spec: DeploymentSpec, place: RenderPlace): AgentsConfig {
  const { primary, fallbacks } = spec.models;
  const named = Object.entries(spec.agents);
  return {
    ...(named.length === 0 ? {} : { ownership: "explicit" }),
    defaults: {
      workspace: folderOf(spec.profile.workspace, spec, place),
      model: { primary, ...(fallbacks.length === 0 ? {} : { fallbacks }) },
      modelPolicy: { allow: modelsOf(spec) },
      skills: spec.skills,
      timeoutSeconds: 600,
      maxConcurrent: spec.limits.concurrent,
      subagents: { maxConcurrent: spec.limits.concurrent },
      ...(named.length === 0 ? {} : { heartbeat: { agentId: "main" } }),
      sandbox: renderSandbox(spec),
    },
    ...(named.length === 0
      ? {}
      : {
          entries: {
            main: {},
            ...Object.fromEntries(named.map(([name, { model }]) => [name, { model }])),
          },
        }),
  };
}

function renderSandbox(spec: DeploymentSpec): AgentSandbox {
  const { backend } = spec.sandbox;
  if (backend === "none") return { mode: "off" };
  return {
    mode: "non-main",
    backend: backend === "podman" ? "podman" : "docker",
    scope: "agent",
    workspaceAccess: "ro",
    docker: {
      network: "none",
      readOnlyRoot: true,
      capDrop: ["ALL"],
      user: "1000:1000",
      pidsLimit: 256,
      memory: "1g",
      tmpfs: ["/tmp"],
    },
  };
}
