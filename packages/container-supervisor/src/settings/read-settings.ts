import { readFileSync } from "node:fs";
import { join } from "node:path";

import type { Finding } from "@clawkeep/diagnostics";
import { hasErrors, sortFindings } from "@clawkeep/diagnostics";
import { isObject, readOpenClawConfig } from "@clawkeep/openclaw-contract";
import type { JsonObject } from "@clawkeep/openclaw-contract";
import { parseSpec, ports } from "@clawkeep/provision-plan";
import type { DeploymentSpec, HostFacts } from "@clawkeep/provision-plan";

import type { ContainerPlace } from "./container-place.ts";
import { addressOf, listOf, readVariables } from "./read-variables.ts";

/** What one container does, from its environment and what is mounted into it. */
export interface ContainerSettings {
  readonly spec: DeploymentSpec;
  /** Names as Ollama has them; the first is the one that is used first. */
  readonly models: readonly string[];
  readonly modelfile: string | undefined;
  readonly subagents: number;
  /** A file in place of what would be made here, and its text. */
  readonly custom: { readonly file: string; readonly text: string } | undefined;
  readonly gatewayPort: number;
  readonly ollama: {
    readonly host: string;
    readonly port: number;
    readonly models: string;
    /** Everything that its process gets of Ollama's own variables. */
    readonly environment: Readonly<Record<string, string>>;
  };
  /** Never printed. */
  readonly telegramToken: string | undefined;
}

/** Settings, or the errors that say why there are none; warnings and notes stand beside both. */
export interface SettingsResult {
  readonly settings: ContainerSettings | undefined;
  readonly findings: readonly Finding[];
}

/** Reads an environment. What one variable says is judged alone, then all of them together by the rules of `deploy.yaml`. */
export function readSettings(
  environment: Readonly<Record<string, string | undefined>>,
  facts: HostFacts,
  place: ContainerPlace,
): SettingsResult {
  const { texts, ollama, findings: read } = readVariables(environment);
  const findings: Finding[] = [...read];
  const refuse = (code: string, message: string, hint: string): void => {
    findings.push({ code, severity: "error", message, hint, file: "environment" });
  };
  const text = (name: string): string => texts.get(name) ?? "";
  const number = (name: string): number => Number(text(name));
  const named = [text("CLAWLAMA_MODEL"), ...listOf(text("CLAWLAMA_MODELS"))];
  const gatewayPort = number("CLAWLAMA_OPENCLAW_PORT");
  const address = addressOf(text("OLLAMA_HOST")) ?? { host: "127.0.0.1", port: ports.ollama };
  if ([gatewayPort, gatewayPort + ports.browserOffset].includes(address.port)) {
    refuse(
      "CONTAINER_PORT_TAKEN",
      `CLAWLAMA_OPENCLAW_PORT: expected a port of its own, got ${gatewayPort}: OLLAMA_HOST has ${address.port}`,
      `The gateway uses its port and the one after the next, here ${gatewayPort} and ${gatewayPort + ports.browserOffset}.`,
    );
  }
  const telegramToken = telegramOf(texts, refuse);
  const custom = customOf(texts.get("CLAWLAMA_CONFIG"), place, findings);
  const spec = specOf(
    {
      models: [...new Set(named)],
      contextTokens: number("CLAWLAMA_CONTEXT_WINDOW"),
      maxTokens: number("CLAWLAMA_MAX_TOKENS"),
      concurrent: number("CLAWLAMA_MAX_CONCURRENT"),
      numThread: number("OLLAMA_NUM_THREADS") || threadsOf(facts),
      port: gatewayPort,
      ollama,
      hasTelegram: telegramToken !== undefined,
      toolGroups: listOf(text("CLAWLAMA_TOOL_GROUPS")),
    },
    findings,
  );
  const sorted = sortFindings(findings);
  if (hasErrors(findings) || spec === undefined) return { settings: undefined, findings: sorted };
  const own = custom === undefined ? undefined : customParts(custom.config);
  return {
    findings: sorted,
    settings: {
      spec,
      models: own === undefined || own.models.length === 0 ? [...new Set(named)] : own.models,
      modelfile: texts.get("CLAWLAMA_MODELFILE"),
      subagents: number("CLAWLAMA_SUBAGENT_CONCURRENT"),
      custom: custom === undefined ? undefined : { file: custom.file, text: custom.text },
      gatewayPort: own?.port ?? gatewayPort,
      ollama: {
        ...address,
        models: text("OLLAMA_MODELS"),
        environment: {
          ...ollama,
          OLLAMA_CONTEXT_LENGTH: text("CLAWLAMA_CONTEXT_WINDOW"),
          OLLAMA_HOST: `${address.host}:${address.port}`,
          OLLAMA_MAX_LOADED_MODELS: text("OLLAMA_MAX_LOADED_MODELS"),
          OLLAMA_MODELS: text("OLLAMA_MODELS"),
          OLLAMA_NO_CLOUD: "1",
          OLLAMA_NUM_PARALLEL: text("OLLAMA_NUM_PARALLEL"),
        },
      },
      telegramToken,
    },
  };
}

/** Threads that help: cores that exist once, as far as a limit leaves them (L12). */
function threadsOf({ physicalCores, cpuLimit }: HostFacts): number {
  return Math.max(1, Math.min(physicalCores, Math.floor(cpuLimit ?? physicalCores)));
}

type Refuse = (code: string, message: string, hint: string) => void;

function telegramOf(texts: ReadonlyMap<string, string>, refuse: Refuse): string | undefined {
  const token = texts.get("CLAWLAMA_TELEGRAM_BOT_TOKEN");
  const file = texts.get("CLAWLAMA_TELEGRAM_BOT_TOKEN_FILE");
  if (file === undefined) return token;
  if (token !== undefined) {
    refuse(
      "CONTAINER_TELEGRAM_TWICE",
      "expected CLAWLAMA_TELEGRAM_BOT_TOKEN or CLAWLAMA_TELEGRAM_BOT_TOKEN_FILE, got both",
      "Keep the file: docker inspect shows the other one.",
    );
    return token;
  }
  const found = textOf(file);
  if (typeof found !== "string") {
    refuse(
      "CONTAINER_TELEGRAM_FILE",
      `CLAWLAMA_TELEGRAM_BOT_TOKEN_FILE: expected to read ${file}: ${found.why}`,
      "Mount it, readable by uid 1000.",
    );
    return undefined;
  }
  const judged = readVariables({ CLAWLAMA_TELEGRAM_BOT_TOKEN: found });
  const held = judged.texts.get("CLAWLAMA_TELEGRAM_BOT_TOKEN");
  if (held === undefined) {
    refuse(
      "CONTAINER_TELEGRAM_FILE",
      `${file}: expected a bot's token, as @BotFather gives it, got ${found.trim().length} characters of another form`,
      "Write the token into it, and nothing else.",
    );
  }
  return held;
}

interface Custom {
  readonly file: string;
  readonly text: string;
  readonly config: JsonObject;
}

/** A configuration of one's own (L24): named, or mounted where the rendered compose file mounts it. */
function customOf(
  named: string | undefined,
  place: ContainerPlace,
  findings: Finding[],
): Custom | undefined {
  const file = named ?? join(place.mounted, "openclaw.json");
  const text = textOf(file);
  if (typeof text !== "string") {
    if (named === undefined && text.code === "ENOENT") return undefined;
    findings.push({
      code: "CONTAINER_CONFIG_FILE",
      severity: "error",
      message: `expected to read the configuration ${file}: ${text.why}`,
      hint: "Mount it read-only, readable by uid 1000: -v ./openclaw.json:/etc/claw/openclaw.json:ro",
      file: "environment",
    });
    return undefined;
  }
  const { config, findings: judged } = readOpenClawConfig(text, file);
  findings.push(...judged);
  return config === undefined ? undefined : { file, text, config };
}

/** What of it the supervisor has to know. */
function customParts(config: JsonObject): {
  readonly port: number | undefined;
  readonly models: readonly string[];
} {
  const port = fieldOf(fieldOf(config, "gateway"), "port");
  const provider = fieldOf(fieldOf(fieldOf(config, "models"), "providers"), "ollama");
  const listed = fieldOf(provider, "models");
  const ids = Array.isArray(listed) ? listed.map((one) => fieldOf(one, "id")) : [];
  return {
    port: typeof port === "number" && Number.isInteger(port) ? port : undefined,
    models: ids.filter((id): id is string => typeof id === "string"),
  };
}

function fieldOf(value: unknown, name: string): unknown {
  return isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}

function textOf(
  file: string,
): string | { readonly code: string | undefined; readonly why: string } {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return { code, why: code ?? message };
  }
}

interface Wishes {
  readonly models: readonly string[];
  readonly contextTokens: number;
  readonly maxTokens: number;
  readonly concurrent: number;
  readonly numThread: number;
  readonly port: number;
  readonly ollama: Readonly<Record<string, string>>;
  readonly hasTelegram: boolean;
  readonly toolGroups: readonly string[];
}

/** The same as a `deploy.yaml`, so that there is one set of rules and one renderer. */
function specOf(wishes: Wishes, findings: Finding[]): DeploymentSpec | undefined {
  const [primary = "", ...fallbacks] = wishes.models.map((name) => `ollama/${name}`);
  const written = {
    deploy: 1,
    name: "clawlama",
    profile: "single-container",
    gateway: { port: wishes.port },
    models: {
      primary,
      ...(fallbacks.length === 0 ? {} : { fallbacks }),
      contextTokens: wishes.contextTokens,
      maxTokens: wishes.maxTokens,
      numThread: wishes.numThread,
    },
    ollama: wishes.ollama,
    skills: ["local-rag", "git-readonly"],
    limits: { concurrent: wishes.concurrent },
    ...(wishes.toolGroups.length === 0 ? {} : { tools: { groups: wishes.toolGroups } }),
    ...(wishes.hasTelegram
      ? { channels: { telegram: { token: "file:telegram-token" } }, egress: { mode: "open" } }
      : {}),
    allow: [
      ...(wishes.toolGroups.length === 0
        ? []
        : [{ control: "tool-groups", reason: "CLAWLAMA_TOOL_GROUPS asks for them" }]),
      ...(wishes.hasTelegram
        ? [
            {
              control: "egress-open",
              reason: "the network of a container is what its engine gave it",
            },
          ]
        : []),
    ],
  };
  const result = parseSpec(Buffer.from(JSON.stringify(written)), "environment");
  for (const { line: _line, column: _column, ...finding } of result.findings)
    findings.push(finding);
  return result.spec;
}
