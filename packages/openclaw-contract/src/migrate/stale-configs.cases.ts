import type { JsonObject } from "../json.ts";

/** A configuration as older guides have it, and what the pinned OpenClaw says to it. */
export interface StaleConfig {
  /** Names of rows of the requirement that it stands for, then what is stale in it. */
  readonly name: string;
  readonly config: JsonObject;
  /** Paths that a migration must name. */
  readonly changes: readonly string[];
}

const model = { id: "llama3.2:3b", name: "Llama", contextWindow: 131_072, maxTokens: 4096 };

/** One for each key that guides still show and OpenClaw has renamed, moved or dropped. */
export const staleConfigs: readonly StaleConfig[] = [
  {
    name: "C14: a legacy list of agents with a sandbox by word",
    config: {
      agents: {
        defaults: { model: "ollama/llama3.2:3b" },
        list: [
          { id: "kimi", model: "ollama/kimi-k2.5:cloud", default: true },
          { id: "phi3", model: "ollama/phi3:3.8b" },
        ],
      },
      sandbox: "non-main",
    },
    changes: ["agents.list", "sandbox", "agents.ownership", "agents.entries.kimi.default"],
  },
  {
    name: "L16: a time limit with its old unit, and security beside ask",
    config: {
      agents: { defaults: { model: { primary: "ollama/gpt-oss:20b" }, maxConcurrent: 4 } },
      tools: {
        profile: "full",
        exec: { security: "full", ask: "off", timeoutSec: 1800, applyPatch: { enabled: true } },
      },
    },
    changes: ["tools.exec.timeoutSec", "tools.exec.security"],
  },
  {
    name: "T18: Ollama through its second interface",
    config: {
      models: {
        providers: {
          ollama: {
            baseUrl: "http://localhost:11434/v1",
            apiKey: "ollama-local",
            api: "openai-completions",
            models: [model],
          },
        },
      },
    },
    changes: ["models.providers.ollama"],
  },
  {
    name: "T8: limits of rounds and of time in a hybrid",
    config: {
      models: {
        providers: {
          openrouter: {
            apiKey: "${OPENROUTER_API_KEY}",
            baseUrl: "https://openrouter.ai/api/v1",
            models: [{ id: "google/gemma-3-4b-it:free", contextWindow: 131_072, maxTokens: 4096 }],
          },
        },
      },
      agents: {
        defaults: {
          model: {
            primary: "openrouter/google/gemma-3-4b-it:free",
            fallbacks: ["ollama/llama3.2:3b"],
          },
          maxIterations: 10,
          timeout: 90,
        },
      },
    },
    changes: [
      "agents.defaults.maxIterations",
      "agents.defaults.timeout",
      "models.providers.openrouter.models[0].name",
      "models.providers.openrouter.apiKey",
    ],
  },
  {
    name: "T14: an address as bind mode, a token in the file and a key that is gone",
    config: {
      gateway: {
        bind: "127.0.0.1",
        port: 18_789,
        auth: { mode: "token", token: "a-token-that-was-written-here" },
        controlUi: {
          allowedOrigins: ["http://localhost:18789"],
          allowInsecureAuth: false,
          dangerouslyDisableDeviceAuth: false,
        },
      },
    },
    changes: ["gateway.bind", "gateway.controlUi.allowInsecureAuth", "gateway.auth.token"],
  },
  {
    name: "T11: tailscale beside the gateway",
    config: {
      gateway: { bind: "tailnet", port: 18_789 },
      tailscale: { mode: "on", resetOnExit: false },
    },
    changes: ["tailscale", "gateway.bind"],
  },
  {
    name: "S2: six keys of a first guide",
    config: {
      gateway: {
        mode: "local",
        bind: "127.0.0.1:18789",
        auth: "none",
        control: { ui: true, deviceAuth: false },
      },
      agentDefaults: { workspace: "./workspace", model: "openai/gpt-4o-mini" },
      tools: {
        exec: {
          backgroundMs: 10_000,
          timeoutSec: 1800,
          cleanupMs: 1_800_000,
          notifyOnExit: true,
          notifyOnExitEmptySuccess: false,
          applyPatch: { enabled: false, allowedModels: [] },
        },
      },
    },
    changes: [
      "gateway.bind",
      "gateway.auth",
      "gateway.control",
      "agentDefaults",
      "tools.exec.timeoutSec",
      "tools.exec.applyPatch.allowedModels",
    ],
  },
  {
    name: "T20: servers of MCP at the top, one of them an address",
    config: {
      mcpServers: {
        files: { command: "/usr/bin/true", args: [] },
        search: { url: "http://127.0.0.1:8790/mcp" },
      },
    },
    changes: ["mcpServers", "mcp.servers.search.transport"],
  },
  {
    name: "1.6: an engine of memory that is gone, flat variables, a switch of logging",
    config: {
      agents: { defaults: { memorySearch: { provider: "none" } } },
      memory: { backend: "qmd" },
      env: { LANG: "C.UTF-8" },
      logging: { redactSensitive: "tools" },
    },
    changes: ["agents.defaults.memorySearch", "memory.backend", "env", "logging.redactSensitive"],
  },
];
