import type { OpenClawConfig } from "@clawkeep/openclaw-contract";

import { secretReference } from "../openclaw/render-secrets.ts";
import type { DeploymentSpec } from "../spec/deployment-spec.ts";

/** The plugins whose searches ask for a key, by the name that a search has. */
const plugins: Readonly<Record<"gemini" | "grok", string>> = { gemini: "google", grok: "xai" };

/** The key of a search, as a reference where its plugin looks for it. */
export function searchPlugin(spec: DeploymentSpec): Pick<OpenClawConfig, "plugins"> {
  const { webSearch } = spec.capabilities;
  if (webSearch === undefined || webSearch === "ollama") return {};
  const apiKey = secretReference(spec.secrets.searchKey);
  return { plugins: { entries: { [plugins[webSearch]]: { config: { webSearch: { apiKey } } } } } };
}
