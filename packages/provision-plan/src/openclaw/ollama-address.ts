import { hostNetwork } from "../layout/names.ts";
import { portsOf } from "../profiles/ports.ts";
import type { DeploymentSpec } from "../spec/deployment-spec.ts";

/**
 * The name of that proxy among containers. OpenClaw asks no key of an Ollama at localhost, at a private address or at a
 * name that ends in `.local`, and of every other name it does.
 */
export const gateName = "ollama-gate.local";

/**
 * The address that the gateway asks for models, never with `/v1`. But in a notebook that is the proxy which lets
 * five paths of Ollama through: Ollama itself would pull, push and delete for whoever asks (threat 10).
 */
export function gateAddress(spec: DeploymentSpec): string {
  const { gateway, ollama } = spec.profile;
  if (gateway === "process")
    return spec.models.endpoint ?? `http://127.0.0.1:${portsOf(spec).ollama}`;
  if (gateway === "container" && ollama !== "same-container") {
    return `http://${gateName}:${portsOf(spec).ollama}`;
  }
  return `http://127.0.0.1:${portsOf(spec).gateBesideOllama}`;
}

/** Where that proxy finds Ollama. */
export function ollamaAddress(spec: DeploymentSpec): string {
  const { gateway, ollama } = spec.profile;
  if (spec.models.endpoint !== undefined) return spec.models.endpoint;
  if (spec.profile.name === "credentialless") {
    return `http://${hostNetwork(spec).host}:${portsOf(spec).ollama}`;
  }
  if (gateway === "container" && ollama === "host") {
    return `http://host.docker.internal:${portsOf(spec).ollama}`;
  }
  if (ollama === "container") return `http://ollama:${portsOf(spec).ollama}`;
  return `http://127.0.0.1:${portsOf(spec).ollama}`;
}
