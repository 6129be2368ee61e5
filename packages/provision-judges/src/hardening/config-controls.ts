import type { Finding } from "@clawkeep/diagnostics";
import { isObject } from "@clawkeep/openclaw-contract";
import type { JsonObject } from "@clawkeep/openclaw-contract";

import { wrong } from "../artifacts/judged-file.ts";
import { at, texts } from "../artifacts/read-artifacts.ts";
import { openedControls } from "./opened-controls.ts";

interface KeyControl {
  readonly key: string;
  readonly expected: string;
  readonly holds: (value: unknown, config: JsonObject) => boolean;
}

const is = (key: string, wanted: unknown): KeyControl => ({
  key,
  expected: JSON.stringify(wanted),
  holds: (value) => JSON.stringify(value) === JSON.stringify(wanted),
});
const one = (key: string, ...wanted: readonly unknown[]): KeyControl => ({
  key,
  expected: `one of ${JSON.stringify(wanted)}`,
  holds: (value) => wanted.includes(value),
});
const positive = (key: string, most = Number.POSITIVE_INFINITY): KeyControl => ({
  key,
  expected: `a number from 1 to ${most}`,
  holds: (value) => typeof value === "number" && value > 0 && value <= most,
});
const deniedTools =
  "group:runtime group:automation group:ui group:nodes browser write edit process sessions_spawn sessions_send";
/** What a group lifts beside itself, where it is given; and what it brings that stays denied. */
const groups: readonly {
  readonly name: string;
  readonly lifts: readonly string[];
  readonly keeps: readonly string[];
}[] = [
  { name: "group:fs", lifts: ["write", "edit"], keeps: ["apply_patch"] },
  { name: "group:ui", lifts: ["group:ui", "browser"], keeps: ["terminal"] },
  { name: "group:automation", lifts: ["group:automation"], keeps: [] },
  { name: "group:nodes", lifts: ["group:nodes"], keeps: [] },
  {
    name: "group:sessions",
    lifts: [],
    keeps: ["conversations_send", "conversations_turn", "subagents"],
  },
];

/** What keeps OpenClaw closed, key by key. Where a spec can open one, the open form must say with what. */
const controls: readonly KeyControl[] = [
  {
    key: "$include",
    expected: "none, or a file beside this one",
    holds: (value) =>
      value === undefined ||
      (typeof value === "string" && /^\.\/[a-z][a-z0-9-]*\.json5?$/u.test(value)),
  },
  is("gateway.mode", "local"),
  one("gateway.bind", "loopback", "lan", "tailnet"),
  positive("gateway.port", 65_535),
  one("gateway.controlUi.enabled", true, false),
  {
    key: "gateway.controlUi",
    expected: "no dangerous switch",
    holds: (value) => !/dangerously|allowInsecureAuth/u.test(JSON.stringify(value ?? {})),
  },
  {
    key: "gateway.trustedProxies",
    expected: "addresses, never ranges",
    holds: (value) =>
      Array.isArray(value) && texts(value).every((address) => !address.includes("/")),
  },
  one("gateway.auth.mode", "token", "password", "trusted-proxy", "none"),
  {
    key: "gateway.auth",
    expected: "a reference for the token or password, or the users that a proxy names",
    holds: (value) =>
      at(value, "mode") === "none" ||
      (at(value, "mode") === "trusted-proxy"
        ? texts(at(value, "trustedProxy", "allowUsers")).length > 0 &&
          typeof at(value, "trustedProxy", "userHeader") === "string"
        : isReference(at(value, "token")) || isReference(at(value, "password"))),
  },
  {
    key: "gateway.auth.rateLimit",
    expected: "attempts, a window and a pause",
    holds: (value, config) =>
      at(config, "gateway", "auth", "mode") === "none" ||
      ["maxAttempts", "windowMs", "lockoutMs"].every((name) => Number(at(value, name)) > 0),
  },
  is("models.mode", "replace"),
  is("models.catalogRefresh.enabled", false),
  {
    key: "agents.defaults.workspace",
    expected: "a folder by its whole path",
    holds: (value) => typeof value === "string" && /^[/~]/u.test(value),
  },
  positive("agents.defaults.timeoutSeconds"),
  positive("agents.defaults.maxConcurrent", 16),
  positive("agents.defaults.subagents.maxConcurrent", 16),
  {
    key: "agents.defaults.sandbox.mode",
    expected: "off, or a backend beside it",
    holds: (value, config) =>
      value === "off" || typeof at(config, "agents", "defaults", "sandbox", "backend") === "string",
  },
  {
    key: "agents.defaults.modelPolicy.allow",
    expected: "every model that an agent is given",
    holds: (value, config) => modelsOf(config).every((ref) => texts(value).includes(ref)),
  },
  {
    key: "agents.defaults.skills",
    expected: "a list of skills",
    holds: (value) => Array.isArray(value) && value.length === texts(value).length,
  },
  is("session.dmScope", "per-channel-peer"),
  is("tools.profile", "minimal"),
  {
    key: "tools.alsoAllow",
    expected: "reading and the skills service among the tools",
    holds: (value, config) =>
      texts(value).includes("read") &&
      (!isObject(at(config, "mcp", "servers", "clawkeep")) || texts(value).includes("bundle-mcp")),
  },
  {
    key: "tools.deny",
    expected: "every tool that acts on the machine, but what a mode of exec allows",
    holds: (value, config) => {
      const mode = at(config, "tools", "exec", "mode");
      const isOpen = mode !== "deny";
      const patches = at(config, "tools", "exec", "applyPatch", "enabled") === true;
      const searches = at(config, "tools", "web", "search", "enabled") === true;
      const given = groups.filter(({ name }) =>
        texts(at(config, "tools", "alsoAllow")).includes(name),
      );
      return [
        ...deniedTools
          .split(" ")
          .filter((tool) => !(isOpen && tool === "group:runtime"))
          .filter((tool) => !given.some(({ lifts }) => lifts.includes(tool))),
        ...given.flatMap(({ keeps }) => keeps).filter((tool) => tool !== "apply_patch" || !patches),
        ...(isOpen ? [] : ["exec"]),
        ...(patches ? [] : ["apply_patch"]),
        ...(searches ? [] : ["group:web"]),
      ].every((tool) => texts(value).includes(tool));
    },
  },
  is("tools.fs.workspaceOnly", true),
  is("tools.elevated.enabled", false),
  one("tools.exec.mode", "deny", "allowlist", "ask"),
  positive("tools.exec.backgroundMs"),
  positive("tools.exec.timeoutSeconds", 3600),
  positive("tools.exec.cleanupMs"),
  is("tools.exec.notifyOnExit", true),
  is("tools.exec.notifyOnExitEmptySuccess", false),
  {
    key: "tools.exec.applyPatch",
    expected: "off, or models that may, and the workspace alone",
    holds: (value) =>
      at(value, "workspaceOnly") === true &&
      (at(value, "enabled") === false || texts(at(value, "allowModels")).length > 0),
  },
  {
    key: "tools.web.search",
    expected: "off, or a provider beside it",
    holds: (value) =>
      at(value, "enabled") === false ||
      (at(value, "enabled") === true && typeof at(value, "provider") === "string"),
  },
  {
    key: "tools.web.fetch.enabled",
    expected: "off, but beside a search",
    holds: (value, config) =>
      value === false ||
      (value === true && at(config, "tools", "web", "search", "enabled") === true),
  },
  is("tools.sessions.visibility", "agent"),
  is("tools.agentToAgent.enabled", false),
  is("tools.toolSearch", false),
  is("skills.allowBundled", ["none"]),
  is("skills.load.watch", false),
  is("skills.workshop.autonomous.mode", "off"),
  positive("mcp.sessionIdleTtlMs"),
  {
    key: "mcp.servers",
    expected: "the home of whoever indexed for skills that run without a service of their own",
    holds: (value) =>
      texts(at(value, "clawkeep", "args"))[0] !== "serve" ||
      String(at(value, "clawkeep", "env", "CLAWKEEP_HOME")).startsWith("/"),
  },
  is("memory.search.provider", "none"),
  is("discovery.mdns.mode", "off"),
  is("update.checkOnStart", false),
  is("telemetry.enabled", false),
  {
    key: "models.providers",
    expected:
      "an address, where Ollama's needs no key, an api, a pause and references for keys in every provider",
    holds: (value) =>
      isObject(value) &&
      Object.entries(value).every(
        ([name, provider]) =>
          typeof at(provider, "baseUrl") === "string" &&
          typeof at(provider, "api") === "string" &&
          !(name === "ollama" && /\/v1\/?$/u.test(String(at(provider, "baseUrl")))) &&
          (name !== "ollama" || at(provider, "api") === "ollama") &&
          (name !== "ollama" || asksNoKey(String(at(provider, "baseUrl")))) &&
          Number(at(provider, "timeoutSeconds")) >= 300 &&
          (name === "ollama"
            ? at(provider, "apiKey") === "ollama-local"
            : isReference(at(provider, "apiKey"))),
      ),
  },
  {
    key: "models.providers",
    expected:
      "a context that is really asked for, of 32,000 tokens and more, in every model of Ollama",
    holds: (value) => {
      const models = at(value, "ollama", "models");
      return (Array.isArray(models) ? models : []).every((model: unknown) => {
        const context = Number(at(model, "contextTokens"));
        return (
          context >= 32_000 &&
          Number(at(model, "contextWindow")) >= context &&
          Number(at(model, "maxTokens")) > 0 &&
          (String(at(model, "id")).endsWith("cloud") || at(model, "params", "num_ctx") === context)
        );
      });
    },
  },
  {
    key: "secrets.providers",
    expected: "files with one value each, or commands by absolute path",
    holds: (value) =>
      value === undefined ||
      (isObject(value) &&
        Object.values(value).every((provider) =>
          at(provider, "source") === "exec"
            ? String(at(provider, "command")).startsWith("/")
            : at(provider, "source") === "file" &&
              at(provider, "mode") === "singleValue" &&
              /^[/~]/u.test(String(at(provider, "path"))),
        )),
  },
  {
    key: "channels",
    expected: "pairing before anybody is answered",
    holds: (value) =>
      !isObject(value) ||
      Object.values(value).every((channel) => at(channel, "dmPolicy") === "pairing"),
  },
];

/** Where OpenClaw takes `ollama-local` for a key, as it decides it itself. */
function asksNoKey(baseUrl: string): boolean {
  if (!URL.canParse(baseUrl)) return false;
  const { hostname } = new URL(baseUrl);
  return (
    /^(?:localhost|0\.0\.0\.0|.*\.local|\[::1\])$/u.test(hostname) ||
    /^(?:127|10)\.[0-9.]+$|^192\.168\.[0-9.]+$|^172\.(?:1[6-9]|2[0-9]|3[01])\.[0-9.]+$/u.test(
      hostname,
    )
  );
}

const isReference = (value: unknown): boolean =>
  isObject(value) &&
  typeof value["source"] === "string" &&
  typeof value["provider"] === "string" &&
  typeof value["id"] === "string";

function modelsOf(config: JsonObject): readonly string[] {
  const found: string[] = [];
  const take = (value: unknown): void => {
    if (typeof value === "string") found.push(value);
    else if (isObject(value))
      found.push(
        ...[value["primary"]].filter((ref) => typeof ref === "string"),
        ...texts(value["fallbacks"]),
      );
  };
  take(at(config, "agents", "defaults", "model"));
  const agents = at(config, "agents", "entries");
  for (const agent of isObject(agents) ? Object.values(agents) : []) take(at(agent, "model"));
  return found;
}

/** What keeps `openclaw.json` closed, read from the file alone. */
export function configFindings(config: JsonObject, file: string): readonly Finding[] {
  return [
    ...controls,
    ...openedControls.map(({ key, expected, holds }): KeyControl => ({
      key,
      expected,
      holds: () => holds(config),
    })),
  ]
    .filter(({ key, holds }) => !holds(at(config, ...key.split(".")), config))
    .map(({ key, expected }) =>
      wrong(
        "HARDENING_CONFIG",
        file,
        `expected ${key} to be ${expected}, got ${JSON.stringify(at(config, ...key.split(".")))?.slice(0, 80) ?? "nothing"}`,
        "This key is part of what keeps the agent closed: render again.",
      ),
    );
}
