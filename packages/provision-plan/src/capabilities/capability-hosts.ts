import type { DeploymentSpec } from "../spec/deployment-spec.ts";

/** Host and port that something is reached at. */
export interface ReachedHost {
  readonly host: string;
  readonly port: number;
}

/** Where the services that are searched with by key are; Ollama's search has none of its own. */
const searchHosts: Readonly<Record<"gemini" | "grok", string>> = {
  gemini: "generativelanguage.googleapis.com",
  grok: "api.x.ai",
};

/** The host of a search that has a key. */
export function searchHost(spec: DeploymentSpec): string | undefined {
  const { webSearch } = spec.capabilities;
  return webSearch === undefined || webSearch === "ollama" ? undefined : searchHosts[webSearch];
}

/** The hosts that capabilities need: on the list by themselves, each with its row in the exposed page (C25). */
export function capabilityHosts(spec: DeploymentSpec): readonly ReachedHost[] {
  const search = searchHost(spec);
  return [
    ...(search === undefined ? [] : [{ host: search, port: 443 }]),
    ...(spec.capabilities.github === undefined
      ? []
      : // The second one is where a person's login is exchanged for a token.
        ["api.githubcopilot.com", "github.com"].map((host) => ({ host, port: 443 }))),
    ...Object.values(spec.mcp).flatMap((server) => {
      if (!("url" in server)) return [];
      const { protocol, hostname, port } = new URL(server.url);
      return protocol === "https:"
        ? [{ host: hostname, port: port === "" ? 443 : Number(port) }]
        : [];
    }),
  ];
}
