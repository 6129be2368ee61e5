import type { Profile } from "../profiles/profile.ts";
import type { Control, ToolGroup } from "./written-spec.ts";

/** A secret by where it is: a file of the deployment, a variable, or what a command prints. */
export type SecretPlace =
  | { readonly source: "file"; readonly name: string }
  | { readonly source: "env"; readonly name: string }
  | { readonly source: "exec"; readonly command: string; readonly id: string };

/** A server of MCP: a program that the gateway starts, or an address. */
export type SpecMcpServer =
  | {
      readonly command: string;
      readonly args: readonly string[];
      readonly tools: readonly string[];
    }
  | { readonly url: string; readonly tools: readonly string[] };

/** A deployment with every default filled in. One value for each thing; everything is rendered from it. */
export interface DeploymentSpec {
  readonly name: string;
  /** Which of several deployments of one host this is: its ports and accounts follow from it. */
  readonly instance: number;
  readonly profile: Profile;
  readonly manager: "system" | "user";
  readonly openclawVersion: string;
  /** A file of the operator's beside openclaw.json, which adds what that does not say. */
  readonly include: string | undefined;
  readonly gateway: {
    readonly port: number;
    readonly ui: boolean;
    readonly auth: "token" | "none" | "trusted-proxy";
    readonly userHeader: string;
    /** Whom a trusted proxy may bring. */
    readonly users: readonly string[];
    readonly exposure: "loopback" | "ssh" | "tailscale" | "caddy";
    /** Origins besides those of the published port. */
    readonly origins: readonly string[];
    readonly stopSeconds: number;
  };
  readonly models: {
    readonly primary: string;
    readonly fallbacks: readonly string[];
    /** Address of an Ollama that runs elsewhere. */
    readonly endpoint?: string;
    readonly contextTokens: number;
    readonly maxTokens: number;
    readonly numThread?: number;
    readonly numGpu?: number;
    readonly timeoutSeconds: number;
  };
  /** Named agents and their models, in the order of the file. */
  readonly agents: Readonly<Record<string, { readonly model: string }>>;
  /** Variables of Ollama beyond those that the profile sets. */
  readonly ollama: Readonly<Record<string, string>>;
  readonly secrets: {
    readonly gatewayToken: SecretPlace;
    readonly openrouterKey: SecretPlace;
    /** Of the service that is searched with. */
    readonly searchKey: SecretPlace;
    readonly commands: Readonly<
      Record<string, { readonly command: string; readonly args: readonly string[] }>
    >;
  };
  readonly egress: {
    readonly mode: "none" | "allowlist" | "open";
    readonly allow: readonly {
      readonly host: string;
      readonly port: number;
      readonly why: string;
    }[];
  };
  readonly exec: {
    readonly mode: "deny" | "allowlist" | "full";
    readonly timeoutSeconds: number;
    readonly backgroundMs: number;
    readonly cleanupMs: number;
    /** Models that may patch files; empty is off. */
    readonly applyPatch: readonly string[];
  };
  /** Groups of tools that an agent gets beyond reading. */
  readonly toolGroups: readonly ToolGroup[];
  readonly sandbox: {
    readonly backend: "none" | "host" | "rootless" | "podman";
    readonly socket: "none" | "rootless" | "proxy" | "host";
  };
  readonly skills: readonly string[];
  readonly channels: Readonly<Record<string, { readonly token: SecretPlace | undefined }>>;
  readonly capabilities: {
    /** Of the providers that come with OpenClaw; the others are plugins to be installed. */
    readonly webSearch: "ollama" | "gemini" | "grok" | undefined;
    /** GitHub's own MCP server, whose read-only form cannot write. */
    readonly github: "read" | "write" | undefined;
  };
  /** Further servers of MCP by name, with the only tools that are taken from each. */
  readonly mcp: Readonly<Record<string, SpecMcpServer>>;
  readonly extras: {
    /** A page to talk to models in, beside the gateway and without it. */
    readonly openWebui: { readonly port: number } | undefined;
  };
  readonly privateData: boolean;
  readonly limits: {
    readonly memoryMb: number;
    readonly cpus: number;
    readonly processes: number;
    readonly concurrent: number;
  };
  readonly waivers: readonly { readonly control: Control; readonly reason: string }[];
}
