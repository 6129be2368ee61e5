import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { migrateConfig } from "./migrate-config.ts";
import { staleConfigs } from "./stale-configs.cases.ts";

describe.each(staleConfigs)("$name", ({ config, changes }) => {
  test("is migrated, and every change is named", () => {
    const paths = migrateConfig(config).changes.map(({ path }) => path);
    expect(paths.toSorted()).toEqual(expect.arrayContaining(changes.toSorted()));
    expect(new Set(paths).size).toBe(paths.length);
  });

  test("is left alone the second time", () => {
    const once = migrateConfig(config).config;
    expect(migrateConfig(once)).toEqual({ config: once, changes: [] });
  });

  test("is not changed in place", () => {
    const before = JSON.stringify(config);
    migrateConfig(config);
    expect(JSON.stringify(config)).toBe(before);
  });
});

test("S1: an address becomes a bind mode, and its port has its own key", () => {
  const bound = (bind: string): unknown => migrateConfig({ gateway: { bind } }).config["gateway"];
  expect(bound("127.0.0.1:18789")).toEqual({ bind: "loopback", port: 18_789 });
  expect(bound("localhost")).toEqual({ bind: "loopback" });
  expect(bound("[::1]:99999")).toEqual({ bind: "loopback" });
  expect(bound("0.0.0.0:8080")).toEqual({ bind: "lan", port: 8080 });
  expect(bound("100.101.2.3")).toEqual({ bind: "tailnet" });
  expect(bound("192.168.1.9:1")).toEqual({
    bind: "custom",
    customBindHost: "192.168.1.9",
    port: 1,
  });
  expect(bound("tailnet")).toEqual({ bind: "tailnet" });
});

test("a port that is written wins over the one of an address", () => {
  expect(migrateConfig({ gateway: { bind: "127.0.0.1:1", port: 2 } }).config).toEqual({
    gateway: { bind: "loopback", port: 2 },
  });
});

test("S3: security and ask become one mode, the stricter one", () => {
  const mode = (exec: Record<string, unknown>): unknown =>
    migrateConfig({ tools: { exec } }).config["tools"];
  expect(mode({ security: "full", ask: "off" })).toEqual({ exec: { mode: "full" } });
  expect(mode({ security: "full", ask: "always" })).toEqual({ exec: { mode: "ask" } });
  expect(mode({ security: "deny", ask: "always" })).toEqual({ exec: { mode: "deny" } });
  expect(mode({ security: "allowlist" })).toEqual({ exec: { mode: "allowlist" } });
  expect(mode({ security: "other" })).toEqual({ exec: { mode: "deny" } });
  expect(mode({ mode: "deny", security: "full" })).toEqual({ exec: { mode: "deny" } });
});

test("C24: several agents are owned by name, and one of them has the heartbeat", () => {
  const { config } = migrateConfig({
    agents: { list: [{ id: "one" }, { id: "two", default: true }] },
  });
  expect(config["agents"]).toEqual({
    entries: { one: {}, two: {} },
    ownership: "explicit",
    defaults: { heartbeat: { agentId: "two" } },
  });
});

test("a single agent needs no owner", () => {
  expect(migrateConfig({ agents: { list: [{ id: "main" }] } }).config).toEqual({
    agents: { entries: { main: {} } },
  });
});

test("T14: pairing of devices is never switched off by a migration", () => {
  const { config } = migrateConfig({ gateway: { control: { ui: true, deviceAuth: false } } });
  expect(config).toEqual({ gateway: { controlUi: { enabled: true } } });
});

test("S12: no secret of the file is in the migrated one, nor in what is said", () => {
  const secret = "sk-or-v1-0123456789abcdef";
  const migrated = migrateConfig({
    gateway: { auth: { mode: "token", token: secret, password: secret } },
    models: {
      providers: { "open-router": { apiKey: secret }, ollama: { apiKey: "ollama-local" } },
    },
    channels: { telegram: { botToken: secret }, discord: { token: secret } },
  });
  expect(JSON.stringify(migrated)).not.toContain(secret);
  expect(migrated.config["models"]).toEqual({
    providers: {
      "open-router": { apiKey: { source: "env", provider: "default", id: "OPEN_ROUTER_API_KEY" } },
      ollama: { apiKey: "ollama-local" },
    },
  });
  expect(migrated.changes).toHaveLength(5);
});

test("T7: a variable in a text becomes a reference to it", () => {
  expect(
    migrateConfig({ models: { providers: { openrouter: { apiKey: "${MY_KEY}" } } } }).config,
  ).toEqual({
    models: {
      providers: { openrouter: { apiKey: { source: "env", provider: "default", id: "MY_KEY" } } },
    },
  });
});

test("T18: Ollama is spoken to natively, whatever the provider is called", () => {
  const { config } = migrateConfig({
    models: {
      providers: {
        local: { baseUrl: "http://ollama:11434/v1/", api: "openai-responses" },
        other: { baseUrl: "https://example.com/v1", api: "openai-completions" },
      },
    },
  });
  expect(config["models"]).toEqual({
    providers: {
      local: { baseUrl: "http://ollama:11434", api: "ollama" },
      other: { baseUrl: "https://example.com/v1", api: "openai-completions" },
    },
  });
});

test("what stands at the new place wins over what came from the old one", () => {
  expect(
    migrateConfig({
      agentDefaults: { workspace: "/old", model: "a/b" },
      agents: { defaults: { workspace: "/new" } },
    }).config,
  ).toEqual({ agents: { defaults: { workspace: "/new", model: "a/b" } } });
});

const awkward = fc.dictionary(
  fc.constantFrom("gateway", "agents", "tools", "models", "channels", "env", "sandbox", "x"),
  fc.jsonValue(),
);

test("any JSON is migrated without a throw, and twice is once", () => {
  fc.assert(
    fc.property(awkward, (config) => {
      const once = migrateConfig(config).config;
      expect(migrateConfig(once).config).toEqual(once);
    }),
  );
});

test("keys that no rule knows are kept", () => {
  const config = { plugins: { slots: { memory: "none" } }, gateway: { port: 1, reload: {} } };
  expect(migrateConfig(config)).toEqual({ config, changes: [] });
});
