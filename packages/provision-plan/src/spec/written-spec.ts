import type { ProfileName } from "../profiles/profile.ts";

/** What a waiver can be for: each weakens one control and is listed as exposed. */
export const waivable = [
  "auth-none",
  "exec-allowlist",
  "exec-full",
  "apply-patch",
  "egress-open",
  "private-data-and-outward",
  "socket-rootless",
  "socket-proxy",
  "socket-host",
  "mcp-command",
  "tool-groups",
  "own-config",
] as const;

/** OpenClaw's groups of tools that a spec can give an agent; commands are `exec`, and the web is a capability. */
export const toolGroups = [
  "fs",
  "sessions",
  "memory",
  "ui",
  "automation",
  "messaging",
  "nodes",
] as const;

/** One of {@link toolGroups}. */
export type ToolGroup = (typeof toolGroups)[number];

/** One of {@link waivable}. */
export type Control = (typeof waivable)[number];

/** `deploy.yaml` as a person writes it, after its shape was judged. Absent keys have defaults. */
export interface WrittenSpec {
  readonly deploy: 1;
  readonly name?: string | undefined;
  readonly instance?: number | undefined;
  readonly profile: ProfileName;
  readonly manager?: "system" | "user" | undefined;
  readonly openclaw?:
    | { readonly version?: string | undefined; readonly include?: string | undefined }
    | undefined;
  readonly gateway?:
    | {
        readonly port?: number | undefined;
        readonly ui?: boolean | undefined;
        readonly auth?: "token" | "none" | "trusted-proxy" | undefined;
        readonly userHeader?: string | undefined;
        readonly users?: readonly string[] | undefined;
        readonly exposure?: "loopback" | "ssh" | "tailscale" | "caddy" | undefined;
        readonly origins?: readonly string[] | undefined;
        readonly stopSeconds?: number | undefined;
      }
    | undefined;
  readonly models: {
    readonly primary: string;
    readonly fallbacks?: readonly string[] | undefined;
    readonly endpoint?: string | undefined;
    readonly contextTokens?: number | undefined;
    readonly maxTokens?: number | undefined;
    readonly numThread?: number | undefined;
    readonly numGpu?: number | undefined;
    readonly timeoutSeconds?: number | undefined;
  };
  readonly agents?: Readonly<Record<string, { readonly model: string }>> | undefined;
  readonly ollama?: Readonly<Record<string, string | number | boolean>> | undefined;
  readonly secrets?:
    | {
        readonly gatewayToken?: string | undefined;
        readonly openrouterKey?: string | undefined;
        readonly searchKey?: string | undefined;
        readonly commands?:
          | Readonly<
              Record<
                string,
                { readonly command: string; readonly args?: readonly string[] | undefined }
              >
            >
          | undefined;
      }
    | undefined;
  readonly egress?:
    | {
        readonly mode: "none" | "allowlist" | "open";
        readonly allow?:
          | readonly {
              readonly host: string;
              readonly port?: number | undefined;
              readonly why: string;
            }[]
          | undefined;
      }
    | undefined;
  readonly exec?:
    | {
        readonly mode?: "deny" | "allowlist" | "full" | undefined;
        readonly timeoutSeconds?: number | undefined;
        readonly backgroundMs?: number | undefined;
        readonly cleanupMs?: number | undefined;
        readonly applyPatch?: { readonly allowModels: readonly string[] } | undefined;
      }
    | undefined;
  readonly tools?: { readonly groups?: readonly ToolGroup[] | undefined } | undefined;
  readonly sandbox?:
    | {
        readonly backend: "none" | "host" | "rootless" | "podman";
        readonly socket?: "none" | "rootless" | "proxy" | "host" | undefined;
      }
    | undefined;
  readonly skills?: readonly string[] | undefined;
  readonly channels?: Readonly<Record<string, { readonly token?: string | undefined }>> | undefined;
  readonly capabilities?:
    | {
        readonly webSearch?: "ollama" | "gemini" | "grok" | undefined;
        readonly github?: "read" | "write" | undefined;
      }
    | undefined;
  readonly mcp?:
    | Readonly<
        Record<
          string,
          {
            readonly command?: string | undefined;
            readonly args?: readonly string[] | undefined;
            readonly url?: string | undefined;
            readonly tools: readonly string[];
          }
        >
      >
    | undefined;
  readonly extras?:
    | { readonly openWebui?: { readonly port?: number | undefined } | undefined }
    | undefined;
  readonly privateData?: boolean | undefined;
  readonly limits?:
    | {
        readonly memoryMb?: number | undefined;
        readonly cpus?: number | undefined;
        readonly processes?: number | undefined;
        readonly concurrent?: number | undefined;
      }
    | undefined;
  readonly allow?: readonly { readonly control: Control; readonly reason: string }[] | undefined;
}
