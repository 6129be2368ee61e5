import type { ChannelConfig, GatewayConfig, OpenClawConfig } from "@clawkeep/openclaw-contract";

import { searchPlugin } from "../capabilities/search-plugin.ts";
import { mcpServers } from "../capabilities/mcp-servers.ts";
import type { DeploymentSpec } from "../spec/deployment-spec.ts";
import { egressUrl, isManaged } from "./egress-proxy.ts";
import { renderAgents } from "./render-agents.ts";
import { modelProviders } from "./render-models.ts";
import type { RenderPlace } from "./render-place.ts";
import { secretProviders, secretReference, usedSecrets } from "./render-secrets.ts";
import { renderTools } from "./render-tools.ts";

/** `openclaw.json` of a deployment. The same spec and place always give the same value; no secret is in it. */
export function renderOpenClawConfig(spec: DeploymentSpec, place: RenderPlace): OpenClawConfig {
  const channels = renderChannels(spec);
  return {
    // What is said here wins over the same key there.
    ...(spec.include === undefined ? {} : { $include: `./${spec.include}` }),
    gateway: renderGateway(spec),
    secrets: { providers: secretProviders(spec, usedSecrets(spec), place) },
    // A catalogue on the internet is asked otherwise, whatever the providers are.
    models: {
      mode: "replace",
      catalogRefresh: { enabled: false },
      providers: modelProviders(spec),
    },
    agents: renderAgents(spec, place),
    session: { dmScope: "per-channel-peer" },
    tools: renderTools(spec),
    skills: {
      // An empty list blocks none of the bundled skills; one name that no skill has blocks them all.
      allowBundled: ["none"],
      load: { watch: false },
      workshop: { autonomous: { mode: "off" } },
    },
    mcp: { servers: mcpServers(spec, place), sessionIdleTtlMs: 600_000 },
    ...searchPlugin(spec),
    memory: { search: { provider: "none" } },
    ...(channels === undefined ? {} : { channels }),
    ...(isManaged(spec) ? { proxy: { proxyUrl: egressUrl(spec) } } : {}),
    discovery: { mdns: { mode: "off" } },
    update: { checkOnStart: false },
    telemetry: { enabled: false },
  };
}

/** The same as bytes of a file. */
export function openClawConfigText(config: OpenClawConfig): string {
  return `${JSON.stringify(config, undefined, 2)}\n`;
}

function renderGateway(spec: DeploymentSpec): GatewayConfig {
  const { port, ui, auth, userHeader, users, exposure, origins } = spec.gateway;
  return {
    mode: "local",
    bind: spec.profile.bind,
    port,
    controlUi: ui
      ? {
          enabled: true,
          allowedOrigins: [`http://127.0.0.1:${port}`, `http://localhost:${port}`, ...origins],
        }
      : { enabled: false },
    trustedProxies: exposure === "caddy" ? ["127.0.0.1"] : [],
    auth: {
      mode: auth,
      ...(auth === "token" ? { token: secretReference(spec.secrets.gatewayToken) } : {}),
      ...(auth === "trusted-proxy"
        ? { trustedProxy: { userHeader, allowUsers: users, allowLoopback: true } }
        : {}),
      ...(auth === "none"
        ? {}
        : { rateLimit: { maxAttempts: 10, windowMs: 60_000, lockoutMs: 300_000 } }),
    },
    ...(exposure === "tailscale" ? { tailscale: { mode: "serve" } } : {}),
  };
}

function renderChannels(spec: DeploymentSpec): Readonly<Record<string, ChannelConfig>> | undefined {
  const named = Object.entries(spec.channels);
  if (named.length === 0) return undefined;
  return Object.fromEntries(
    named.map(([name, { token }]): [string, ChannelConfig] => [
      name,
      {
        enabled: true,
        dmPolicy: "pairing",
        groupPolicy: "allowlist",
        ...(token === undefined
          ? {}
          : { [name === "telegram" ? "botToken" : "token"]: secretReference(token) }),
      },
    ]),
  );
}
