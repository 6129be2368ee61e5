import type { SecretReference } from "./secret-reference.ts";

/*
 * The part of openclaw.json that Clawkeep writes. It is what `openclaw config validate` of the pinned version
 * accepts; keys that are not here exist, and are kept when a file is migrated.
 */

/** `openclaw.json` as Clawkeep writes it. */
export interface OpenClawConfig {
  /** A file in the same folder, under everything that is said here. */
  readonly $include?: string;
  readonly gateway: GatewayConfig;
  readonly secrets: { readonly providers: Readonly<Record<string, SecretProvider>> };
  readonly models: {
    /** `replace`: only what is listed exists. */
    readonly mode: "replace";
    /** Off: otherwise OpenClaw asks a catalogue on the internet. */
    readonly catalogRefresh: { readonly enabled: false };
    readonly providers: Readonly<Record<string, ModelProvider>>;
  };
  readonly agents: AgentsConfig;
  readonly session: { readonly dmScope: "per-channel-peer" };
  readonly tools: ToolsConfig;
  readonly skills: {
    /** An empty list blocks nothing; a list with a name that no skill has blocks all bundled ones. */
    readonly allowBundled: readonly string[];
    readonly load: { readonly watch: boolean };
    readonly workshop: { readonly autonomous: { readonly mode: "off" } };
  };
  readonly mcp: {
    readonly servers: Readonly<Record<string, McpServer>>;
    readonly sessionIdleTtlMs: number;
  };
  readonly memory: { readonly search: { readonly provider: "none" } };
  readonly channels?: Readonly<Record<string, ChannelConfig>>;
  readonly proxy?: { readonly proxyUrl: string };
  readonly plugins?: {
    readonly entries: Readonly<
      Record<
        string,
        { readonly config: { readonly webSearch: { readonly apiKey: SecretReference } } }
      >
    >;
  };
  readonly discovery: { readonly mdns: { readonly mode: "off" } };
  readonly update: { readonly checkOnStart: false };
  readonly telemetry: { readonly enabled: false };
}

export interface GatewayConfig {
  readonly mode: "local";
  readonly bind: "loopback" | "lan" | "tailnet";
  readonly port: number;
  readonly controlUi: { readonly enabled: boolean; readonly allowedOrigins?: readonly string[] };
  readonly trustedProxies: readonly string[];
  readonly auth: GatewayAuth;
  readonly tailscale?: { readonly mode: "serve" | "off" };
}

export interface GatewayAuth {
  readonly mode: "none" | "token" | "trusted-proxy";
  readonly token?: SecretReference;
  readonly trustedProxy?: {
    readonly userHeader: string;
    readonly allowUsers: readonly string[];
    readonly allowLoopback: boolean;
  };
  readonly rateLimit?: {
    readonly maxAttempts: number;
    readonly windowMs: number;
    readonly lockoutMs: number;
  };
}

/** Where the values of {@link SecretReference} come from. */
export type SecretProvider =
  | { readonly source: "env" }
  | { readonly source: "file"; readonly path: string; readonly mode: "singleValue" }
  | { readonly source: "exec"; readonly command: string; readonly args: readonly string[] };

export interface ModelProvider {
  readonly baseUrl: string;
  readonly api: "ollama" | "openai-completions";
  readonly apiKey: SecretReference | string;
  /** For one request; a model that is not loaded yet takes minutes. */
  readonly timeoutSeconds?: number;
  readonly models: readonly ModelEntry[];
}

export interface ModelEntry {
  readonly id: string;
  readonly name: string;
  readonly reasoning: boolean;
  readonly input: readonly "text"[];
  readonly cost: {
    readonly input: number;
    readonly output: number;
    readonly cacheRead: number;
    readonly cacheWrite: number;
  };
  /** What the model can hold. Alone it sends no `num_ctx`. */
  readonly contextWindow: number;
  /** What is used of it; this is what reaches Ollama as `num_ctx`, unless `params` says so. */
  readonly contextTokens: number;
  readonly maxTokens: number;
  readonly params?: {
    readonly num_ctx: number;
    readonly num_thread?: number;
    readonly num_gpu?: number;
  };
}

export interface AgentsConfig {
  /** Must be `explicit` with several agents. */
  readonly ownership?: "explicit";
  readonly defaults: {
    readonly workspace: string;
    readonly model: { readonly primary: string; readonly fallbacks?: readonly string[] };
    /** Nothing else can be chosen, not even for one turn. */
    readonly modelPolicy: { readonly allow: readonly string[] };
    readonly skills: readonly string[];
    readonly timeoutSeconds: number;
    readonly maxConcurrent: number;
    readonly subagents: { readonly maxConcurrent: number };
    readonly heartbeat?: { readonly agentId: string };
    readonly sandbox: AgentSandbox;
  };
  readonly entries?: Readonly<Record<string, { readonly model: string } | Record<string, never>>>;
}

export interface AgentSandbox {
  readonly mode: "off" | "non-main" | "all";
  readonly backend?: "docker" | "podman";
  readonly scope?: "agent";
  readonly workspaceAccess?: "ro";
  readonly docker?: {
    readonly network: "none";
    readonly readOnlyRoot: true;
    readonly capDrop: readonly string[];
    readonly user: string;
    readonly pidsLimit: number;
    readonly memory: string;
    readonly tmpfs: readonly string[];
  };
}

export interface ToolsConfig {
  readonly profile: "minimal" | "coding" | "messaging" | "full";
  /** What the profile does not have and the agent gets. `bundle-mcp` admits the MCP servers. */
  readonly alsoAllow: readonly string[];
  /** Wins over everything. */
  readonly deny: readonly string[];
  readonly fs: { readonly workspaceOnly: boolean };
  readonly elevated: { readonly enabled: false };
  readonly exec: {
    readonly host?: "gateway" | "sandbox";
    readonly mode: "deny" | "allowlist" | "full";
    readonly strictInlineEval?: true;
    /** `[]` takes away head, tail, cut and the like, which are allowed by default. */
    readonly safeBins?: readonly string[];
    readonly backgroundMs: number;
    readonly timeoutSeconds: number;
    readonly cleanupMs: number;
    readonly notifyOnExit: boolean;
    readonly notifyOnExitEmptySuccess: boolean;
    readonly applyPatch: {
      readonly enabled: boolean;
      readonly workspaceOnly: true;
      readonly allowModels?: readonly string[];
    };
  };
  readonly web?: {
    readonly search: { readonly enabled: boolean; readonly provider?: string };
    readonly fetch: { readonly enabled: boolean };
  };
  readonly sessions: { readonly visibility: "agent" };
  readonly agentToAgent: { readonly enabled: false };
  readonly toolSearch: false;
}

/** One MCP server: a program, or an address. `transport` is always written: without it OpenClaw takes SSE. */
export type McpServer =
  | {
      readonly command: string;
      readonly args: readonly string[];
      /** Beside the few variables that OpenClaw passes on. */
      readonly env?: Readonly<Record<string, string>>;
      readonly toolFilter?: McpToolFilter;
    }
  | {
      readonly url: string;
      readonly transport: "streamable-http";
      /** Text only: a reference object is refused here, `${NAME}` is read from the environment. */
      readonly headers?: Readonly<Record<string, string>>;
      /** A person logs in once (`openclaw mcp login`); the token is kept in the state and in no file of configuration. */
      readonly auth?: "oauth";
      readonly toolFilter?: McpToolFilter;
    };

/** The tools of a server that exist for the agent. */
export interface McpToolFilter {
  readonly include: readonly string[];
}

export interface ChannelConfig {
  readonly enabled: true;
  readonly dmPolicy: "pairing" | "allowlist";
  readonly [key: string]: unknown;
}
