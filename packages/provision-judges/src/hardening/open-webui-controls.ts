import type { Finding } from "@clawkeep/diagnostics";
import { isObject } from "@clawkeep/openclaw-contract";

import { at, networkNames, texts } from "../artifacts/read-artifacts.ts";

/** What leads out of Open WebUI, runs code in it, or trusts whoever asks; each has to be said, for most are on. */
const settings: Readonly<Record<string, RegExp>> = {
  WEBUI_AUTH: /^true$/u,
  DEFAULT_USER_ROLE: /^pending$/u,
  ENABLE_PERSISTENT_CONFIG: /^false$/u,
  CORS_ALLOW_ORIGIN: /^http:\/\/127\.0\.0\.1:[0-9]+;http:\/\/localhost:[0-9]+$/u,
  ENABLE_OLLAMA_API: /^true$/u,
  OLLAMA_BASE_URL: /^http:\/\/ollama-gate\.local:[0-9]+$/u,
  RAG_EMBEDDING_ENGINE: /^ollama$/u,
  ENABLE_OPENAI_API: /^false$/u,
  ENABLE_DIRECT_CONNECTIONS: /^false$/u,
  ENABLE_WEB_SEARCH: /^false$/u,
  ENABLE_CODE_EXECUTION: /^false$/u,
  ENABLE_CODE_INTERPRETER: /^false$/u,
  ENABLE_COMMUNITY_SHARING: /^false$/u,
  ENABLE_VERSION_UPDATE_CHECK: /^false$/u,
  OFFLINE_MODE: /^true$/u,
  HF_HUB_OFFLINE: /^1$/u,
  SAFE_MODE: /^true$/u,
  ENABLE_PLUGINS: /^false$/u,
  ENABLE_PIP_INSTALL_FRONTMATTER_REQUIREMENTS: /^false$/u,
  ENABLE_AUTOMATIONS: /^false$/u,
};

/** Where it keeps what outlives it: on a read-only root it can write nowhere else. */
const folders: readonly string[] = ["HOME", "DATA_DIR", "STATIC_DIR", "WEBUI_SECRET_KEY_FILE"];

/** Open WebUI where a compose file has it (C9): a page of its own on loopback, that meets the proxy in front of Ollama. */
export function openWebuiFindings(
  file: unknown,
  say: (message: string) => Finding,
): readonly Finding[] {
  const all = at(file, "services");
  const services = isObject(all) ? all : {};
  const one = services["open-webui"];
  if (one === undefined) return meetingFindings(file, services, say);
  const environment = at(one, "environment");
  const kept = String(at(listAt(one, "volumes")[0], "target"));
  const [port] = listAt(one, "ports");
  const published = String(at(port, "published"));
  const expected: readonly (readonly [what: string, holds: boolean])[] = [
    ...Object.entries(settings).map(
      ([name, wanted]) =>
        [`${name} like ${wanted.source}`, wanted.test(String(at(environment, name)))] as const,
    ),
    ...folders.map(
      (name) =>
        [
          `${name} in the volume`,
          `${String(at(environment, name))}/`.startsWith(`${kept}/`),
        ] as const,
    ),
    [
      "its published port among the origins",
      String(at(environment, "CORS_ALLOW_ORIGIN"))
        .split(";")
        .every((origin) => origin.endsWith(`:${published}`)),
    ],
    [
      "one port, over tcp of this host",
      listAt(one, "ports").length === 1 &&
        at(port, "mode") === "host" &&
        at(port, "protocol") === "tcp" &&
        /^[1-9][0-9]*$/u.test(published) &&
        texts(at(one, "healthcheck", "test"))
          .join(" ")
          .includes(`:${String(at(port, "target"))}/`),
    ],
    [
      "a health that an error fails",
      texts(at(one, "healthcheck", "test"))
        .slice(2, 4)
        .join(" ") === "--silent --fail",
    ],
    [
      "a network with the proxy in front of Ollama, one that publishes, and no other",
      networkNames(one).toSorted().join() === "front,web",
    ],
    [
      "a network of its own without a way out, and no other",
      at(file, "networks", "web", "internal") === true && keysAt(file, "networks") === "web",
    ],
    ["one volume, which is defined", keysAt(file, "volumes") === "open-webui"],
    ["no secret", listAt(one, "secrets").length === 0],
    [
      "a wait for the proxy in front of Ollama",
      at(one, "depends_on", "ollama-gate", "condition") === "service_healthy",
    ],
  ];
  return expected
    .filter(([, holds]) => !holds)
    .map(([what]) => say(`expected ${what} for Open WebUI, got none`));
}

/** The base: where there is that network, the proxy in front of Ollama is on it by its name, and nobody else. */
function meetingFindings(
  file: unknown,
  services: Readonly<Record<string, unknown>>,
  say: (message: string) => Finding,
): readonly Finding[] {
  const web = at(file, "networks", "web");
  const onIt = Object.keys(services).filter((name) => networkNames(services[name]).includes("web"));
  if (web === undefined && onIt.length === 0) return [];
  const aliases = texts(at(services["ollama-gate"], "networks", "web", "aliases"));
  return onIt.join() === "ollama-gate" &&
    aliases.join() === "ollama-gate.local" &&
    at(web, "internal") === true
    ? []
    : [say("expected the proxy in front of Ollama alone on the closed network of Open WebUI")];
}

function listAt(value: unknown, key: string): readonly unknown[] {
  const found = at(value, key);
  return Array.isArray(found) ? found : [];
}

function keysAt(value: unknown, key: string): string {
  const found = at(value, key);
  return Object.keys(isObject(found) ? found : {}).join();
}
