import { openClawVersion } from "@clawkeep/openclaw-contract";

import { recommendedContext } from "../ollama/modelfile.ts";
import { portsOf } from "../profiles/ports.ts";
import { profileOf } from "../profiles/profiles.ts";
import type { DeploymentSpec, SecretPlace } from "./deployment-spec.ts";
import type { WrittenSpec } from "./written-spec.ts";

/** Fills in what the file leaves out. The only place with defaults of a deployment. */
export function resolveSpec(written: WrittenSpec): DeploymentSpec {
  const manager = written.manager ?? "system";
  const profile = profileOf(written.profile, manager);
  const instance = written.instance ?? 0;
  const { gateway, models, secrets, egress, exec, sandbox, limits } = written;
  return {
    name: written.name ?? "claw",
    instance,
    profile,
    manager,
    openclawVersion: written.openclaw?.version ?? openClawVersion,
    include: written.openclaw?.include,
    gateway: {
      port: gateway?.port ?? portsOf({ instance, profile }).gateway,
      ui: gateway?.ui ?? profile.controlUi,
      auth: gateway?.auth ?? "token",
      userHeader: gateway?.userHeader ?? "X-Forwarded-User",
      users: gateway?.users ?? [],
      exposure: gateway?.exposure ?? "loopback",
      origins: gateway?.origins ?? [],
      stopSeconds: gateway?.stopSeconds ?? 330,
    },
    models: {
      primary: models.primary,
      fallbacks: models.fallbacks ?? [],
      ...(models.endpoint === undefined ? {} : { endpoint: models.endpoint }),
      contextTokens: models.contextTokens ?? recommendedContext,
      maxTokens: models.maxTokens ?? 8192,
      ...(models.numThread === undefined ? {} : { numThread: models.numThread }),
      ...(models.numGpu === undefined ? {} : { numGpu: models.numGpu }),
      timeoutSeconds: models.timeoutSeconds ?? 300,
    },
    agents: written.agents ?? {},
    ollama: Object.fromEntries(
      Object.entries(written.ollama ?? {}).map(([key, value]) => [key, textOf(value)]),
    ),
    secrets: {
      gatewayToken: placeOf(secrets?.gatewayToken ?? "file:gateway-token"),
      openrouterKey: placeOf(secrets?.openrouterKey ?? "file:openrouter-key"),
      searchKey: placeOf(secrets?.searchKey ?? "file:search-key"),
      commands: Object.fromEntries(
        Object.entries(secrets?.commands ?? {}).map(([name, { command, args }]) => [
          name,
          { command, args: args ?? [] },
        ]),
      ),
    },
    egress: {
      mode: egress?.mode ?? profile.egress,
      allow: (egress?.allow ?? []).map(({ host, port, why }) => ({ host, port: port ?? 443, why })),
    },
    exec: {
      mode: exec?.mode ?? "deny",
      timeoutSeconds: exec?.timeoutSeconds ?? 1800,
      backgroundMs: exec?.backgroundMs ?? 10_000,
      cleanupMs: exec?.cleanupMs ?? 1_800_000,
      applyPatch: exec?.applyPatch?.allowModels ?? [],
    },
    toolGroups: [...new Set(written.tools?.groups ?? [])],
    sandbox: { backend: sandbox?.backend ?? "none", socket: sandbox?.socket ?? "none" },
    skills: written.skills ?? ["local-rag"],
    channels: Object.fromEntries(
      Object.entries(written.channels ?? {}).map(([name, { token }]) => [
        name,
        { token: optionalPlace(token) },
      ]),
    ),
    capabilities: {
      webSearch: written.capabilities?.webSearch,
      github: written.capabilities?.github,
    },
    mcp: Object.fromEntries(
      Object.entries(written.mcp ?? {}).map(([name, { command, args, url, tools }]) => [
        name,
        url === undefined ? { command: command ?? "", args: args ?? [], tools } : { url, tools },
      ]),
    ),
    extras: {
      openWebui:
        written.extras?.openWebui === undefined
          ? undefined
          : {
              port: written.extras.openWebui.port ?? portsOf({ instance, profile }).openWebui,
            },
    },
    privateData: written.privateData ?? true,
    limits: {
      memoryMb: limits?.memoryMb ?? 2048,
      cpus: limits?.cpus ?? 2,
      processes: limits?.processes ?? 512,
      concurrent: limits?.concurrent ?? (profile.name === "vps" ? 2 : 4),
    },
    waivers: written.allow ?? [],
  };
}

/** YAML's booleans are 1 and 0 to Ollama. */
function textOf(value: string | number | boolean): string {
  return typeof value === "boolean" ? (value ? "1" : "0") : String(value);
}

function optionalPlace(reference: string | undefined): SecretPlace | undefined {
  return reference === undefined ? undefined : placeOf(reference);
}

function placeOf(reference: string): SecretPlace {
  const colon = reference.indexOf(":");
  const [source, rest] = [reference.slice(0, colon), reference.slice(colon + 1)];
  if (source === "exec") {
    const slash = rest.indexOf("/");
    return { source, command: rest.slice(0, slash), id: rest.slice(slash + 1) };
  }
  return { source: source === "env" ? "env" : "file", name: rest };
}
