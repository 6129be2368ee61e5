import { standInName } from "./stand-in-model.ts";

/** Any part of an OpenClaw configuration. */
export type Config = { readonly [key: string]: unknown };

/** What differs from one agent to the next. */
export interface ConfigPlaces {
  readonly port: number;
  readonly workspace: string;
  readonly modelUrl: string;
}

const fromEnvironment = (id: string): Config => ({ source: "env", provider: "default", id });

/**
 * The configuration of docs/openclaw.md: loopback and a token, no Control UI, no exec, no writes, no web,
 * no bundled skills, and the tools of configured MCP servers. OpenClaw's own audit finds nothing in it.
 *
 * @param overrides Merged in: objects key by key, anything else replaces.
 */
export function hardenedConfig(
  { port, workspace, modelUrl }: ConfigPlaces,
  overrides: Config = {},
): Config {
  const model = {
    id: standInName,
    name: standInName,
    reasoning: false,
    input: ["text"],
    cost: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 },
    contextWindow: 131_072,
    maxTokens: 4096,
  };
  return merge(
    {
      gateway: {
        mode: "local",
        bind: "loopback",
        port,
        controlUi: { enabled: false },
        trustedProxies: [],
        auth: { mode: "token", token: fromEnvironment("OPENCLAW_GATEWAY_TOKEN") },
      },
      secrets: { providers: { default: { source: "env" } } },
      models: {
        mode: "replace",
        // It asks a catalogue on the internet otherwise, whatever the providers are.
        catalogRefresh: { enabled: false },
        providers: {
          ollama: {
            baseUrl: modelUrl,
            api: "ollama",
            apiKey: fromEnvironment("OLLAMA_API_KEY"),
            models: [model],
          },
        },
      },
      agents: {
        defaults: {
          workspace,
          model: { primary: `ollama/${standInName}` },
          skills: ["local-rag"],
          sandbox: { mode: "off" },
        },
      },
      session: { dmScope: "per-channel-peer" },
      tools: {
        profile: "minimal",
        alsoAllow: ["read", "bundle-mcp"],
        deny: [
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
        ],
        fs: { workspaceOnly: true },
        elevated: { enabled: false },
        exec: { mode: "deny" },
        sessions: { visibility: "agent" },
        agentToAgent: { enabled: false },
        toolSearch: false,
      },
      skills: {
        allowBundled: ["none"],
        load: { watch: false },
        workshop: { autonomous: { mode: "off" } },
      },
      memory: { search: { provider: "none" } },
      discovery: { mdns: { mode: "off" } },
      update: { checkOnStart: false },
      telemetry: { enabled: false },
    },
    overrides,
  );
}

function merge(base: Config, over: Config): Config {
  const merged: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(over)) {
    const below = merged[key];
    merged[key] = isObject(below) && isObject(value) ? merge(below, value) : value;
  }
  return merged;
}

function isObject(value: unknown): value is Config {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
