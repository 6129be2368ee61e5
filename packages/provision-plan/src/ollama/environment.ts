import { hostNetwork } from "../layout/names.ts";
import { contextOf, modelsOf } from "../openclaw/render-models.ts";
import { portsOf } from "../profiles/ports.ts";
import { placeOfModel } from "../spec/check-models.ts";
import type { DeploymentSpec } from "../spec/deployment-spec.ts";
import { madeModelName, modelfile } from "./modelfile.ts";

/** Variables of Ollama's own process, sorted by name: what the profile decides, and what the spec adds. */
export function ollamaEnvironment(spec: DeploymentSpec): Readonly<Record<string, string>> {
  const isCloudy = modelsOf(spec).some((ref) => placeOfModel(ref) === "ollama-cloud");
  const variables: Record<string, string> = {
    ...spec.ollama,
    OLLAMA_HOST: `${listensOn(spec)}:${portsOf(spec).ollama}`,
    OLLAMA_CONTEXT_LENGTH: String(spec.models.contextTokens),
    ...(isCloudy ? {} : { OLLAMA_NO_CLOUD: "1" }),
  };
  return Object.fromEntries(Object.entries(variables).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** Alone in a container it is reached by the container's network; everywhere else by loopback. */
function listensOn(spec: DeploymentSpec): string {
  // Only the bridge of this deployment, not every interface of the host (C10).
  if (spec.profile.name === "credentialless") return hostNetwork(spec).host;
  return spec.profile.ollama === "container" ? "0.0.0.0" : "127.0.0.1";
}

/** The same as lines of a file that systemd and compose read. No value needs quotes: the spec has plain ones only. */
export function environmentText(variables: Readonly<Record<string, string>>): string {
  return Object.entries(variables)
    .map(([name, value]) => `${name}=${quoted(value)}\n`)
    .join("");
}

function quoted(value: string): string {
  return /^[A-Za-z0-9_.,:/@%+-]*$/u.test(value)
    ? value
    : `"${value.replaceAll(/[\\"$`]/gu, String.raw`\$&`)}"`;
}

/** One Modelfile for each local model, with the context that the deployment gives it. */
export function modelfiles(
  spec: DeploymentSpec,
): readonly { readonly name: string; readonly text: string }[] {
  const { numThread, numGpu } = spec.models;
  return modelsOf(spec)
    .filter((ref) => placeOfModel(ref) === "local")
    .map((ref) => {
      const from = ref.slice(ref.indexOf("/") + 1);
      const contextTokens = contextOf(spec, ref);
      return {
        name: madeModelName(from, contextTokens),
        text: modelfile({
          from,
          contextTokens,
          ...(numThread === undefined ? {} : { numThread }),
          ...(numGpu === undefined ? {} : { numGpu }),
        }),
      };
    });
}
