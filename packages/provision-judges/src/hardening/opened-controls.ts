import { isObject } from "@clawkeep/openclaw-contract";
import type { JsonObject } from "@clawkeep/openclaw-contract";

import { at, texts } from "../artifacts/read-artifacts.ts";

/** What a spec opens is open only so far: keys that matter where another one is on. */
export interface OpenedControl {
  readonly key: string;
  readonly expected: string;
  readonly holds: (config: JsonObject) => boolean;
}

const keysOf = (value: unknown): readonly string[] => Object.keys(isObject(value) ? value : {});
const isReference = (value: unknown): boolean =>
  ["source", "provider", "id"].every((name) => typeof at(value, name) === "string");

export const openedControls: readonly OpenedControl[] = [
  {
    key: "agents.defaults.sandbox",
    expected: "off, or one a container for each agent that reads the workspace",
    holds: (config) => {
      const sandbox = at(config, "agents", "defaults", "sandbox");
      return (
        at(sandbox, "mode") === "off" ||
        (at(sandbox, "mode") === "non-main" &&
          at(sandbox, "scope") === "agent" &&
          at(sandbox, "workspaceAccess") === "ro")
      );
    },
  },
  {
    key: "agents.defaults.sandbox.docker",
    expected: "no network, a read-only root, no capability, a user that is not root, and limits",
    holds: (config) => {
      const sandbox = at(config, "agents", "defaults", "sandbox");
      const docker = at(sandbox, "docker");
      return (
        at(sandbox, "mode") === "off" ||
        (at(docker, "network") === "none" &&
          at(docker, "readOnlyRoot") === true &&
          texts(at(docker, "capDrop")).includes("ALL") &&
          /^[1-9][0-9]*:[1-9][0-9]*$/u.test(String(at(docker, "user"))) &&
          Number(at(docker, "pidsLimit")) > 0 &&
          /^[1-9][0-9]*[mg]$/u.test(String(at(docker, "memory"))) &&
          texts(at(docker, "tmpfs")).length > 0)
      );
    },
  },
  {
    key: "tools.exec",
    expected: "deny, or a place, no code in an argument and no program that is safe by itself",
    holds: (config) => {
      const exec = at(config, "tools", "exec");
      return (
        at(exec, "mode") === "deny" ||
        (["gateway", "sandbox"].includes(String(at(exec, "host"))) &&
          at(exec, "strictInlineEval") === true &&
          JSON.stringify(at(exec, "safeBins")) === "[]")
      );
    },
  },
  {
    key: "plugins.entries",
    expected: "a reference for the key of a search, where it has one",
    holds: (config) => {
      const search = at(config, "tools", "web", "search");
      const entries = at(config, "plugins", "entries");
      const keys = keysOf(entries).map((name) =>
        at(entries, name, "config", "webSearch", "apiKey"),
      );
      const needsKey = at(search, "enabled") === true && at(search, "provider") !== "ollama";
      return keys.every(isReference) && (!needsKey || keys.length > 0);
    },
  },
  {
    key: "agents.entries",
    expected: "explicit ownership, main among them, and the heartbeat of one that is there",
    holds: (config) => {
      const agents = at(config, "agents");
      const names = keysOf(at(agents, "entries"));
      return (
        names.length === 0 ||
        (at(agents, "ownership") === "explicit" &&
          names.includes("main") &&
          names.includes(String(at(agents, "defaults", "heartbeat", "agentId"))))
      );
    },
  },
  {
    key: "channels",
    expected: "groups that are listed, and references for tokens",
    holds: (config) => {
      const channels = at(config, "channels");
      return keysOf(channels).every((name) => {
        const channel = at(channels, name);
        return (
          at(channel, "groupPolicy") === "allowlist" &&
          ["token", "botToken"].every(
            (key) => at(channel, key) === undefined || isReference(at(channel, key)),
          )
        );
      });
    },
  },
  {
    key: "mcp.servers",
    expected: "a transport that is named for each address",
    holds: (config) => {
      const servers = at(config, "mcp", "servers");
      return keysOf(servers).every(
        (name) =>
          at(servers, name, "url") === undefined ||
          at(servers, name, "transport") === "streamable-http",
      );
    },
  },
];
