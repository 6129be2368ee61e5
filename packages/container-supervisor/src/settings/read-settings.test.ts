import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { isObject } from "@clawkeep/openclaw-contract";
import { toolGroups } from "@clawkeep/provision-plan";
import type { HostFacts } from "@clawkeep/provision-plan";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { someFacts } from "../made-container.cases.ts";
import type { ContainerPlace } from "./container-place.ts";
import { imagePlace } from "./container-place.ts";
import type { ContainerSettings, SettingsResult } from "./read-settings.ts";
import { readSettings } from "./read-settings.ts";
import { configOfSettings } from "./render-settings.ts";
import { containerVariables } from "./variables.ts";

let base = "";
let place: ContainerPlace = imagePlace;
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), "clawkeep-settings-"));
  place = { ...imagePlace, mounted: join(base, "mounted") };
});
afterEach(() => rmSync(base, { recursive: true }));

const token = `123456789:${"B".repeat(35)}`;

function read(
  environment: Readonly<Record<string, string>>,
  facts: HostFacts = someFacts,
): SettingsResult {
  return readSettings(environment, facts, place);
}

function settings(
  environment: Readonly<Record<string, string>>,
  facts?: HostFacts,
): ContainerSettings {
  const result = read(environment, facts);
  if (result.settings === undefined) throw new Error(JSON.stringify(result.findings));
  return result.settings;
}

/** A value in the configuration, by its keys. */
function configured(
  environment: Readonly<Record<string, string>>,
  ...keys: readonly (string | number)[]
): unknown {
  let value: unknown = JSON.parse(configOfSettings(settings(environment), place));
  for (const key of keys) {
    if (Array.isArray(value)) value = value[Number(key)];
    else value = isObject(value) ? value[key] : undefined;
  }
  return value;
}

const codes = (environment: Readonly<Record<string, string>>): readonly string[] =>
  read(environment)
    .findings.filter(({ severity }) => severity === "error")
    .map(({ code }) => code);

const model = ["models", "providers", "ollama", "models", 0] as const;
const defaults = ["agents", "defaults"] as const;

describe("defaults", () => {
  test("L8: gpt-oss:20b with 131072 tokens, 8192 of them for an answer", () => {
    expect(configured({}, ...model, "id")).toBe("gpt-oss:20b");
    expect(configured({}, ...model, "params", "num_ctx")).toBe(131_072);
    expect(configured({}, ...model, "maxTokens")).toBe(8192);
    expect(configured({}, ...defaults, "model", "primary")).toBe("ollama/gpt-oss:20b");
  });

  test("L9: what Ollama gets without a word", () => {
    expect(settings({}).ollama.environment).toEqual({
      OLLAMA_CONTEXT_LENGTH: "131072",
      OLLAMA_HOST: "127.0.0.1:11434",
      OLLAMA_MAX_LOADED_MODELS: "1",
      OLLAMA_MODELS: "/data/ollama",
      OLLAMA_NO_CLOUD: "1",
      OLLAMA_NUM_PARALLEL: "1",
    });
  });

  test("L12: threads are physical cores, and fewer where a cgroup leaves fewer", () => {
    const threads = (facts: Partial<HostFacts>): number | undefined =>
      settings({}, { ...someFacts, ...facts }).spec.models.numThread;
    expect(threads({})).toBe(4);
    expect(threads({ cpuLimit: 2.5 })).toBe(2);
    expect(threads({ cpuLimit: 0.5 })).toBe(1);
  });

  test("L16, L19: commands are denied, nothing is elevated, and git is a skill that cannot write", () => {
    expect(configured({}, "tools", "exec", "mode")).toBe("deny");
    expect(configured({}, "tools", "elevated", "enabled")).toBe(false);
    expect(configured({}, ...defaults, "skills")).toEqual(["local-rag", "git-readonly"]);
    expect(configured({}, "mcp", "servers", "clawkeep")).toEqual({
      command: "/usr/local/bin/clawkeep-skill",
      args: ["serve", "--workspace", "/data/workspace"],
      env: { CLAWKEEP_HOME: "/data/clawkeep" },
    });
  });

  test("C1, L15: the configuration refers to the token and does not hold it", () => {
    const reference = configured({}, "gateway", "auth", "token");
    expect(reference).toEqual({ source: "file", provider: "gateway-token", id: "value" });
    expect(configured({}, "secrets", "providers", "gateway-token", "path")).toBe(
      "/data/secrets/gateway-token",
    );
  });
});

describe("every variable", () => {
  const effects: readonly (readonly [
    environment: Readonly<Record<string, string>>,
    keys: readonly (string | number)[],
    value: unknown,
  ])[] = [
    [{ CLAWLAMA_MODEL: "llama3.2:3b" }, [...model, "id"], "llama3.2:3b"],
    [
      { CLAWLAMA_MODELS: "llama3.2:3b,qwen2.5:7b" },
      [...defaults, "model", "fallbacks"],
      ["ollama/llama3.2:3b", "ollama/qwen2.5:7b"],
    ],
    [{ CLAWLAMA_CONTEXT_WINDOW: "32768" }, [...model, "params", "num_ctx"], 32_768],
    [{ CLAWLAMA_MAX_TOKENS: "4096" }, [...model, "maxTokens"], 4096],
    [{ CLAWLAMA_MAX_CONCURRENT: "2" }, [...defaults, "maxConcurrent"], 2],
    [{ CLAWLAMA_SUBAGENT_CONCURRENT: "3" }, [...defaults, "subagents", "maxConcurrent"], 3],
    [{ CLAWLAMA_OPENCLAW_PORT: "18800" }, ["gateway", "port"], 18_800],
    [{ CLAWLAMA_TELEGRAM_BOT_TOKEN: token }, ["channels", "telegram", "enabled"], true],
    [{ OLLAMA_NUM_THREADS: "6" }, [...model, "params", "num_thread"], 6],
    [
      { OLLAMA_HOST: "127.0.0.1:11500" },
      ["models", "providers", "ollama", "baseUrl"],
      "http://127.0.0.1:11500",
    ],
    [
      { OLLAMA_HOST: "0.0.0.0:11434" },
      ["models", "providers", "ollama", "baseUrl"],
      "http://127.0.0.1:11434",
    ],
  ];
  test.each(effects)("L9: %j reaches the configuration", (environment, keys, value) => {
    expect(configured(environment, ...keys)).toEqual(value);
  });

  test.each(["OLLAMA_NUM_PARALLEL", "OLLAMA_MAX_LOADED_MODELS", "OLLAMA_KEEP_ALIVE"])(
    "L9: %s reaches Ollama's process",
    (name) => {
      expect(settings({ [name]: "3" }).ollama.environment[name]).toBe("3");
    },
  );

  test("L9: OLLAMA_NUM_THREADS, which Ollama does not read, does not reach its process", () => {
    expect(settings({ OLLAMA_NUM_THREADS: "6" }).ollama.environment).not.toHaveProperty(
      "OLLAMA_NUM_THREADS",
    );
  });

  test("L9: none of them is without a word about it", () => {
    for (const { about } of containerVariables) expect(about.length).toBeGreaterThan(10);
  });

  test("an empty variable sets nothing, as a line of a file of variables does", () => {
    expect(settings({ CLAWLAMA_MODEL: "", CLAWLAMA_TELEGRAM_BOT_TOKEN: "" }).models).toEqual([
      "gpt-oss:20b",
    ]);
  });

  test("L24: groups of tools are OpenClaw's, and others are named", () => {
    const allowed = configured({ CLAWLAMA_TOOL_GROUPS: "fs, memory" }, "tools", "alsoAllow");
    expect(allowed).toEqual(expect.arrayContaining(["group:fs", "group:memory"]));
    expect(configured({ CLAWLAMA_TOOL_GROUPS: toolGroups.join() }, "tools", "exec", "mode")).toBe(
      "deny",
    );
    for (const word of ["fs,everything", "runtime"]) {
      expect(codes({ CLAWLAMA_TOOL_GROUPS: word })).toEqual(["CONTAINER_VARIABLE"]);
    }
  });
});

describe("mistakes", () => {
  const bad: readonly (readonly [name: string, value: string])[] = [
    ["CLAWLAMA_MODEL", "gpt-oss"],
    ["CLAWLAMA_MODEL", "gpt-oss:latest"],
    ["CLAWLAMA_MODEL", 'x:1", "evil": "'],
    ["CLAWLAMA_MODELS", "a:1,,b"],
    ["CLAWLAMA_CONTEXT_WINDOW", "4096"],
    ["CLAWLAMA_CONTEXT_WINDOW", "1e6"],
    ["CLAWLAMA_MAX_TOKENS", "0"],
    ["CLAWLAMA_MAX_CONCURRENT", "-1"],
    ["CLAWLAMA_SUBAGENT_CONCURRENT", "65"],
    ["CLAWLAMA_OPENCLAW_PORT", "80"],
    ["CLAWLAMA_CONFIG", "openclaw.json"],
    ["OLLAMA_NUM_THREADS", "0"],
    ["OLLAMA_NUM_PARALLEL", "many"],
    ["OLLAMA_MAX_LOADED_MODELS", "99"],
    ["OLLAMA_HOST", "localhost"],
    ["OLLAMA_HOST", "1.2.3.400:11434"],
    ["OLLAMA_MODELS", "../models"],
  ];
  test.each(bad)("L9: %s=%s is refused by its name", (name, value) => {
    const { settings: none, findings } = read({ [name]: value });
    expect(none).toBeUndefined();
    expect(findings.find(({ code }) => code === "CONTAINER_VARIABLE")?.message).toContain(name);
  });

  test("L9: all of them are said at once", () => {
    const environment = Object.fromEntries(bad);
    const named = read(environment).findings.filter(({ code }) => code === "CONTAINER_VARIABLE");
    expect(named).toHaveLength(Object.keys(environment).length);
  });

  test("L9: unknown ones are named, with the one that was probably meant", () => {
    const { findings } = read({ CLAWLAMA_MODLE: "x:1", OLLAMA_FLASH: "1", CLAWLAMA_ZZZ: "1" });
    expect(
      findings.map(({ code, message, hint }) => [
        code,
        message.split(" ")[0],
        hint?.includes("Did you"),
      ]),
    ).toEqual(
      expect.arrayContaining([
        ["CONTAINER_VARIABLE_UNKNOWN", "CLAWLAMA_MODLE", true],
        ["CONTAINER_VARIABLE_UNKNOWN", "CLAWLAMA_ZZZ", false],
        ["CONTAINER_VARIABLE_UNKNOWN", "OLLAMA_FLASH", false],
      ]),
    );
    expect(findings.find(({ message }) => message.startsWith("CLAWLAMA_MODLE"))?.hint).toContain(
      "CLAWLAMA_MODEL?",
    );
  });

  test("L9, C5: variables that do nothing, and those that something else decides, are refused", () => {
    expect(codes({ OLLAMA_NUM_GPU: "1" })).toEqual(["CONTAINER_VARIABLE_WITHOUT_EFFECT"]);
    expect(codes({ OLLAMA_CONTEXT_LENGTH: "1" })).toEqual(["CONTAINER_VARIABLE_DECIDED"]);
  });

  test("L9: two programs do not get one port", () => {
    expect(codes({ CLAWLAMA_OPENCLAW_PORT: "18800", OLLAMA_HOST: "127.0.0.1:18802" })).toEqual([
      "CONTAINER_PORT_TAKEN",
    ]);
  });

  test("L24: a named configuration that is not there, or is none, is refused", () => {
    expect(codes({ CLAWLAMA_CONFIG: "/nowhere/openclaw.json" })).toEqual(["CONTAINER_CONFIG_FILE"]);
    mkdirSync(place.mounted);
    writeFileSync(join(place.mounted, "openclaw.json"), "{ gateway: ");
    expect(codes({})).toEqual(["CONFIG_SYNTAX"]);
  });
});

describe("secrets", () => {
  test("L9: Telegram's token is in no finding and in no configuration", () => {
    const wrong = `${token}!`;
    expect(JSON.stringify(read({ CLAWLAMA_TELEGRAM_BOT_TOKEN: wrong }).findings)).not.toContain(
      "BBBB",
    );
    const config = configOfSettings(settings({ CLAWLAMA_TELEGRAM_BOT_TOKEN: token }), place);
    expect(config).not.toContain("BBBB");
    expect(config).toContain("/data/secrets/telegram-token");
  });

  test("L9: Telegram's token may come from a file, and only from one place", () => {
    const file = join(base, "telegram");
    writeFileSync(file, `${token}\n`);
    expect(settings({ CLAWLAMA_TELEGRAM_BOT_TOKEN_FILE: file }).telegramToken).toBe(token);
    expect(
      codes({ CLAWLAMA_TELEGRAM_BOT_TOKEN_FILE: file, CLAWLAMA_TELEGRAM_BOT_TOKEN: token }),
    ).toEqual(["CONTAINER_TELEGRAM_TWICE"]);
    writeFileSync(file, "something else\n");
    expect(codes({ CLAWLAMA_TELEGRAM_BOT_TOKEN_FILE: file })).toEqual(["CONTAINER_TELEGRAM_FILE"]);
    expect(codes({ CLAWLAMA_TELEGRAM_BOT_TOKEN_FILE: join(base, "none") })).toEqual([
      "CONTAINER_TELEGRAM_FILE",
    ]);
  });
});

test("L10: whatever is in the variables, the configuration is JSON with exactly what was asked for, or there is none", () => {
  const names = containerVariables.map(({ name }) => name);
  const value = fc.oneof(
    fc.string({ unit: "binary", maxLength: 40 }),
    fc.constantFrom(
      "8192",
      "18789",
      "llama3.2:3b",
      '"',
      "\\",
      "a:1,b:2",
      "/etc/passwd",
      "0.0.0.0:1",
    ),
  );
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom(...names), value, { maxKeys: 5 }), (environment) => {
      const result = read(environment);
      if (result.settings === undefined) {
        expect(result.findings.some(({ severity }) => severity === "error")).toBe(true);
        return;
      }
      const text = configOfSettings(result.settings, place);
      if (result.settings.custom !== undefined) return;
      expect(isObject(JSON.parse(text))).toBe(true);
      for (const name of result.settings.models) expect(text).toContain(JSON.stringify(name));
    }),
    { numRuns: 200 },
  );
});
