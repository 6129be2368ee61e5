import { isObject, migrateConfig, readOpenClawConfig } from "@clawkeep/openclaw-contract";
import type { JsonObject } from "@clawkeep/openclaw-contract";

import { findModel } from "../catalogue/models.ts";
import { recommendedContext, smallestContext } from "../ollama/modelfile.ts";
import { collector } from "./import-result.ts";
import type { ImportResult, Say } from "./import-result.ts";

/** Reads `openclaw.json`, migrates its keys, and says what of it is wrong in every version. */
export function importConfig(text: string, file: string): ImportResult {
  const { config: written, findings: unread } = readOpenClawConfig(text, file);
  if (written === undefined) return { kind: "openclaw", changes: [], findings: unread, spec: {} };
  const { config, changes } = migrateConfig(written);
  const { say, findings } = collector(file);
  checkOrigins(config, say);
  checkModels(config, say);
  checkSandbox(config, say);
  return { kind: "openclaw", config, changes, findings, spec: specOf(config) };
}

function at(config: JsonObject, ...path: readonly string[]): unknown {
  let value: unknown = config;
  for (const key of path) {
    if (!isObject(value) || !Object.hasOwn(value, key)) return undefined;
    value = value[key];
  }
  return value;
}

function textsAt(config: JsonObject, ...path: readonly string[]): readonly string[] {
  const value = at(config, ...path);
  return Array.isArray(value) ? value.filter((one) => typeof one === "string") : [];
}

function checkOrigins(config: JsonObject, say: Say): void {
  for (const origin of textsAt(config, "gateway", "controlUi", "allowedOrigins")) {
    if (/^https?:\/\/[^/*]+$/u.test(origin)) continue;
    say(
      "IMPORT_ORIGIN",
      "error",
      `gateway.controlUi.allowedOrigins: ${JSON.stringify(origin)} is no origin: no browser sends a range, a path or a wildcard`,
      "Write scheme, host and port exactly as the address bar shows them (T14).",
    );
  }
  for (const proxy of textsAt(config, "gateway", "trustedProxies")) {
    const bits = Number(/\/([0-9]{1,3})$/u.exec(proxy)?.[1] ?? 128);
    if (proxy.includes(":") ? bits >= 120 : bits >= 24) continue;
    say(
      "IMPORT_TRUSTED_PROXIES",
      "error",
      `gateway.trustedProxies: ${JSON.stringify(proxy)} lets every machine of that range say who the user is`,
      "Name the one address of the proxy, or leave the list empty (S5).",
    );
  }
  if (at(config, "gateway", "controlUi", "dangerouslyDisableDeviceAuth") === true) {
    say(
      "IMPORT_DEVICE_AUTH",
      "error",
      "gateway.controlUi.dangerouslyDisableDeviceAuth is on: any browser with the token is the operator",
      "Remove it and pair devices: claw devices, claw approve-device (T14).",
    );
  }
}

function checkModels(config: JsonObject, say: Say): void {
  const providers = at(config, "models", "providers");
  for (const [name, provider] of Object.entries(isObject(providers) ? providers : {})) {
    const models: readonly unknown[] =
      isObject(provider) && Array.isArray(provider["models"]) ? provider["models"] : [];
    for (const model of models) {
      if (!isObject(model) || typeof model["id"] !== "string") continue;
      checkModel(`${name}/${model["id"]}`, model, name === "ollama", say);
    }
  }
}

function checkModel(ref: string, model: JsonObject, isOllama: boolean, say: Say): void {
  const window = model["contextWindow"];
  const known = findModel(ref)?.contextTokens;
  if (typeof window === "number" && known !== undefined && window > known) {
    say(
      "IMPORT_CONTEXT_BEYOND_MODEL",
      "warning",
      `${ref}: contextWindow is ${window}, the model was made for ${known}`,
      "Beyond it answers lose their sense (T17).",
    );
  }
  if (typeof window === "number" && window < recommendedContext) {
    say(
      "IMPORT_CONTEXT_SMALL",
      window < smallestContext ? "error" : "warning",
      `${ref}: contextWindow is ${window}, ${recommendedContext} is recommended and ${smallestContext} the least`,
      "Choose a model or a context that is larger: claw advise says what fits (C7, T17).",
    );
  }
  const params = model["params"];
  const sendsContext =
    model["contextTokens"] !== undefined || (isObject(params) && params["num_ctx"] !== undefined);
  if (isOllama && !sendsContext) {
    say(
      "IMPORT_CONTEXT_NOT_SENT",
      "warning",
      `${ref}: contextWindow alone sends no num_ctx, so Ollama takes its own default, often 4096`,
      "Set contextTokens (T17).",
    );
  }
}

function checkSandbox(config: JsonObject, say: Say): void {
  const mode = at(config, "agents", "defaults", "sandbox", "mode");
  if (mode === undefined || mode === "off") return;
  say(
    "IMPORT_SANDBOX",
    "warning",
    `agents.defaults.sandbox.mode is ${JSON.stringify(mode)}: a gateway in a container without a way to start others cannot have it`,
    "Choose sandbox.backend in deploy.yaml; none is the default (G11, G12).",
  );
}

function specOf(config: JsonObject): Readonly<Record<string, unknown>> {
  const port = at(config, "gateway", "port");
  const model = at(config, "agents", "defaults", "model");
  const primary =
    typeof model === "string" ? model : isObject(model) ? model["primary"] : undefined;
  const fallbacks = isObject(model) ? model["fallbacks"] : undefined;
  const usable = (ref: unknown): ref is string =>
    typeof ref === "string" && /^(?:ollama|openrouter)\//u.test(ref);
  return {
    deploy: 1,
    profile: usable(primary) && primary.startsWith("openrouter/") ? "vps" : "notebook",
    ...(typeof port === "number" && port !== 18_789 ? { gateway: { port } } : {}),
    models: {
      primary: usable(primary) ? primary : "ollama/gpt-oss:20b",
      ...(Array.isArray(fallbacks) && fallbacks.some(usable)
        ? { fallbacks: fallbacks.filter(usable) }
        : {}),
    },
  };
}
