import type { Finding } from "@clawkeep/diagnostics";
import { isObject } from "@clawkeep/openclaw-contract";
import type { JsonObject } from "@clawkeep/openclaw-contract";

import type { Verdict } from "../verdict.ts";
import { adviceFindings } from "./advice-findings.ts";
import { bridgeFindings } from "./bridge-findings.ts";
import { wrong } from "./judged-file.ts";
import type { JudgedFile } from "./judged-file.ts";
import { at, readConfig, readServices, texts } from "./read-artifacts.ts";
import type { ReadService } from "./read-artifacts.ts";
import { pairsOfSquid, readSquid } from "./read-squid.ts";
import { serverFindings } from "./server-findings.ts";

/**
 * Reads every file of a deployment again and compares what they say about the same thing: ports, models, addresses,
 * origins, references to secrets, users. It knows the formats and OpenClaw's keys, and neither spec nor renderer.
 */
export function judgeConsistency(files: readonly JudgedFile[]): Verdict {
  const config = readConfig(files);
  const services = readServices(files);
  const findings = [
    ...ports(config, services, files),
    ...models(config, services, files),
    ...addresses(config, services, files),
    ...secrets(config, services),
    ...origins(config, files),
    ...skills(config, services, files),
    ...accounts(services, files),
    ...serverFindings(config, files),
    ...adviceFindings(config, files),
    ...bridgeFindings(files),
  ];
  return {
    judge: "clawkeep consistency",
    status: findings.length === 0 ? "passed" : "failed",
    findings,
    codes: [...new Set(findings.map(({ code }) => code))].toSorted(),
  };
}

const gatewayOf = (services: readonly ReadService[]): ReadService | undefined =>
  services.find(({ name }) => name === "gateway");

function ports(
  config: JsonObject,
  services: readonly ReadService[],
  files: readonly JudgedFile[],
): readonly Finding[] {
  const port = String(at(config, "gateway", "port"));
  const gateway = gatewayOf(services);
  const found: Finding[] = [];
  const say = (file: string, what: string, got: string): void => {
    found.push(
      wrong(
        "CONSISTENCY_PORT",
        file,
        `expected port ${port} of openclaw.json in ${what}, got ${got}`,
        "One of them was changed alone: render again.",
      ),
    );
  };
  for (const { file, name, published } of services) {
    const want = name === "gateway" && needsPublishing(file) ? [`127.0.0.1:${port}:${port}`] : [];
    if (published.join() !== want.join())
      say(file, `the ports of ${name}`, published.join() || "none");
  }
  if (
    gateway !== undefined &&
    gateway.health !== "" &&
    !gateway.health.includes(`127.0.0.1:${port}/healthz`)
  ) {
    say(gateway.file, "the healthcheck", gateway.health);
  }
  const places: readonly (readonly [kind: string, pattern: RegExp])[] = [
    ["caddyfile", /reverse_proxy 127\.0\.0\.1:([0-9]+)/gu],
    ["ssh-config", /LocalForward 127\.0\.0\.1:([0-9]+) 127\.0\.0\.1:[0-9]+/gu],
    ["ssh-config", /LocalForward 127\.0\.0\.1:[0-9]+ 127\.0\.0\.1:([0-9]+)/gu],
    ["ufw", /tailscale0 to any port ([0-9]+)/gu],
    ["dockerfile", /127\.0\.0\.1:([0-9]+)\/healthz/gu],
  ];
  for (const [kind, pattern] of places) {
    for (const { path, text } of files.filter((one) => one.kind === kind)) {
      for (const [, got = ""] of text.matchAll(pattern)) if (got !== port) say(path, kind, got);
    }
  }
  for (const { path, text } of files.filter(({ kind }) => kind === "ufw")) {
    if (!text.split("\n").includes(`deny ${port}/tcp`)) say(path, "what is denied", "another");
  }
  for (const { path, text } of files.filter(({ kind }) => kind === "nftables")) {
    const dropped = /^\s*tcp dport \{ ([0-9, ]+) \} drop$/mu.exec(text)?.[1]?.split(", ");
    if (dropped !== undefined && !dropped.includes(port))
      say(path, "what is dropped", dropped.join());
  }
  return found;
}

const needsPublishing = (file: string): boolean =>
  file === "compose.yaml" || file.endsWith(".container");

function models(
  config: JsonObject,
  services: readonly ReadService[],
  files: readonly JudgedFile[],
): readonly Finding[] {
  const listed = Object.entries(objectAt(config, "models", "providers")).flatMap(
    ([provider, one]) =>
      list(at(one, "models")).map((model) => ({ provider, id: String(at(model, "id")), model })),
  );
  const named = listed.map(({ provider, id }) => `${provider}/${id}`).toSorted();
  const defaults = at(config, "agents", "defaults");
  const found: Finding[] = [];
  const say = (
    file: string,
    what: string,
    got: readonly string[],
    want: readonly string[],
  ): void => {
    if (got.toSorted().join() === want.toSorted().join()) return;
    found.push(
      wrong(
        "CONSISTENCY_MODEL",
        file,
        `expected ${what} to name ${want.join(", ") || "none"}, got ${got.join(", ") || "none"}`,
        "A model is named in one file and not in the other: render again.",
      ),
    );
  };
  say(
    "openclaw.json",
    "agents.defaults.modelPolicy.allow",
    texts(at(defaults, "modelPolicy", "allow")),
    named,
  );
  const used = [
    String(at(defaults, "model", "primary")),
    ...texts(at(defaults, "model", "fallbacks")),
    ...Object.values(objectAt(config, "agents", "entries")).flatMap((one) => {
      const model = at(one, "model");
      return typeof model === "string" ? [model] : [];
    }),
  ];
  say("openclaw.json", "models that are used", [...new Set(used)], named);
  const local = listed.filter(({ provider }) => provider === "ollama");
  for (const { file, command } of services.filter(({ name }) => name === "ollama-gate")) {
    const start = command.indexOf("--model");
    say(
      file,
      "the proxy's --model",
      start < 0 ? [] : command.slice(start + 1),
      local.map(({ id }) => id),
    );
  }
  for (const { path, text } of files.filter(({ kind }) => kind === "modelfile")) {
    const from = /^FROM (\S+)$/mu.exec(text)?.[1] ?? "";
    const context = /^PARAMETER num_ctx ([0-9]+)$/mu.exec(text)?.[1] ?? "";
    const model = local.find(({ id }) => id === from)?.model;
    say(path, "the Modelfile", [from, context], [from, String(at(model, "params", "num_ctx"))]);
  }
  return found;
}

function addresses(
  config: JsonObject,
  services: readonly ReadService[],
  files: readonly JudgedFile[],
): readonly Finding[] {
  const found: Finding[] = [];
  const say = (file: string, what: string, want: string, got: string): void => {
    if (want === got) return;
    found.push(
      wrong(
        "CONSISTENCY_ADDRESS",
        file,
        `expected ${what} at ${want}, got ${got || "none"}`,
        "Who asks and who listens must agree: render again.",
      ),
    );
  };
  const gate = services.find(({ name }) => name === "ollama-gate");
  const base = at(config, "models", "providers", "ollama", "baseUrl");
  if (gate !== undefined && typeof base === "string") {
    const { hostname, port } = new URL(base);
    const listens = after(gate.command, "--listen");
    say(
      gate.file,
      "the proxy in front of Ollama",
      port,
      listens.slice(listens.lastIndexOf(":") + 1),
    );
    const answers = after(gate.command, "--host");
    const isReached = listens.startsWith("127.0.0.1:")
      ? hostname === "127.0.0.1"
      : answers === hostname && gate.names.includes(hostname);
    if (!isReached) {
      const got = [answers, ...gate.names].join(", ");
      say(gate.file, "the proxy in front of Ollama", hostname, got);
    }
    const ollama = services.find(({ name }) => name === "ollama");
    const upstream = new URL(after(gate.command, "--upstream"));
    const environment = files.find(({ kind }) => kind === "environment")?.text ?? "";
    const host = /^OLLAMA_HOST=(\S+)$/mu.exec(environment)?.[1];
    if (ollama !== undefined && host !== undefined) {
      const wanted = host.startsWith("0.0.0.0:") ? `ollama:${host.slice(8)}` : host;
      say(gate.file, "Ollama", wanted, upstream.host);
      say(ollama.file, "Ollama's variable", host, ollama.environment["OLLAMA_HOST"] ?? "");
    }
  }
  const managed = at(config, "proxy", "proxyUrl");
  const variable = gatewayOf(services)?.environment["HTTPS_PROXY"];
  const proxy = managed ?? variable;
  if (managed === undefined && variable !== undefined) {
    for (const { name, file, environment } of services) {
      if (name !== "gateway" && name !== "cli") continue;
      say(file, `the proxy of ${name}`, variable, environment["HTTPS_PROXY"] ?? "");
      const direct = (environment["NO_PROXY"] ?? "").split(",");
      const ollama = typeof base === "string" ? new URL(base).hostname : "localhost";
      say(file, `what ${name} asks beside it`, ollama, direct.find((one) => one === ollama) ?? "");
    }
  }
  const squid = files.find(({ kind }) => kind === "squid");
  if (typeof proxy === "string" || squid !== undefined) {
    const { hostname, port } = new URL(typeof proxy === "string" ? proxy : "http://none:1");
    const listens = /^http_port (\S+):([0-9]+)$/mu.exec(squid?.text ?? "");
    say(squid?.path ?? "openclaw.json", "the proxy to the outside", port, listens?.[2] ?? "");
    const isLocal = listens?.[1] === "127.0.0.1";
    say(
      squid?.path ?? "openclaw.json",
      "the proxy to the outside",
      isLocal ? "127.0.0.1" : "egress",
      hostname,
    );
  }
  for (const [provider, one] of Object.entries(objectAt(config, "models", "providers"))) {
    const url = at(one, "baseUrl");
    if (provider === "ollama" || typeof url !== "string" || squid === undefined) continue;
    const { hostname } = new URL(url);
    const isAllowed = pairsOfSquid(readSquid(squid.text)).some(({ host }) => host === hostname);
    say(squid.path, `${provider} on the allowlist`, hostname, isAllowed ? hostname : "");
  }
  return found;
}

function secrets(config: JsonObject, services: readonly ReadService[]): readonly Finding[] {
  const providers = objectAt(config, "secrets", "providers");
  const gateway = gatewayOf(services);
  const paths = Object.values(providers).flatMap((one) => {
    const path = at(one, "path");
    return typeof path === "string" ? [path] : [];
  });
  const found: Finding[] = [];
  const say = (file: string, message: string): void => {
    found.push(
      wrong(
        "CONSISTENCY_SECRET",
        file,
        message,
        "A reference and its file go together: render again.",
      ),
    );
  };
  for (const name of referencesIn(config)) {
    if (!Object.hasOwn(providers, name))
      say("openclaw.json", `expected a provider of the reference ${name}, got none`);
  }
  if (gateway !== undefined && (paths[0] ?? gateway.secrets[0] ?? "").startsWith("/run/")) {
    for (const path of paths.filter((one) => !gateway.secrets.includes(one))) {
      say(gateway.file, `expected the secret ${path} in the gateway, got none`);
    }
    for (const path of gateway.secrets.filter((one) => !paths.includes(one))) {
      say(gateway.file, `expected a use of the secret ${path}, got none`);
    }
  }
  for (const { file, name, secrets: held } of services) {
    if (name !== "gateway" && name !== "cli" && held.length > 0)
      say(file, `expected no secret in ${name}, got ${held.join()}`);
  }
  return found;
}

function referencesIn(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(referencesIn);
  if (!isObject(value)) return [];
  const { source, provider, id } = value;
  if (typeof source === "string" && typeof provider === "string" && typeof id === "string")
    return [provider];
  return Object.values(value).flatMap(referencesIn);
}

function origins(config: JsonObject, files: readonly JudgedFile[]): readonly Finding[] {
  const port = String(at(config, "gateway", "port"));
  const allowed = texts(at(config, "gateway", "controlUi", "allowedOrigins"));
  const isOn = at(config, "gateway", "controlUi", "enabled") === true;
  const found: Finding[] = [];
  const say = (file: string, message: string): void => {
    found.push(
      wrong(
        "CONSISTENCY_ORIGIN",
        file,
        message,
        "Origins are what the browser's address bar shows, port included.",
      ),
    );
  };
  for (const origin of allowed) {
    if (!URL.canParse(origin) || new URL(origin).origin !== origin)
      say("openclaw.json", `expected an exact origin, got ${origin}`);
  }
  for (const host of isOn ? ["127.0.0.1", "localhost"] : []) {
    if (!allowed.includes(`http://${host}:${port}`))
      say("openclaw.json", `expected the origin http://${host}:${port}, got none`);
  }
  for (const { path, text } of files.filter(({ kind }) => kind === "caddyfile")) {
    const sites = /^(https?:\S.*) \{$/mu.exec(text)?.[1]?.split(", ") ?? [];
    for (const site of isOn ? sites : [])
      if (!allowed.includes(site))
        say(path, `expected ${site} among the origins of openclaw.json, got none`);
  }
  return found;
}

/** What a process in a user namespace of its own sees in the place of every uid but its own (`overflowuid` of Linux). */
const overflowUid = "65534";

function skills(
  config: JsonObject,
  services: readonly ReadService[],
  files: readonly JudgedFile[],
): readonly Finding[] {
  const args = texts(at(config, "mcp", "servers", "clawkeep", "args"));
  const service = services.find(({ name }) => name === "skills");
  const gateway = gatewayOf(services);
  if (args[0] !== "connect" || gateway === undefined) return [];
  const group = after(service?.command ?? [], "--group");
  const pairs: readonly (readonly [what: string, want: string, got: string])[] = [
    ["the socket", args[1] ?? "", after(service?.command ?? [], "--socket")],
    [
      "the owner of the socket",
      after(args, "--owner"),
      /^PrivateUsers=yes$/mu.test(files.find(({ path }) => path === gateway.file)?.text ?? "")
        ? overflowUid
        : (service?.uid ?? ""),
    ],
    ["the group of the socket", gateway.gid === "" ? group : gateway.gid, group],
    // Whoever makes the folder of the socket makes it for its own group, and gives a socket to no other.
    ["the group of the skills service", group, service?.gid ?? ""],
  ];
  const found = pairs
    .filter(([, want, got]) => want !== got || got === "")
    .map(([what, want, got]) =>
      wrong(
        "CONSISTENCY_SKILLS",
        service?.file ?? "openclaw.json",
        `expected ${what} to be ${want}, got ${got || "none"}`,
        "The gateway would not find its skills: render again.",
      ),
    );
  if (service !== undefined && service.uid === gateway.uid) {
    found.push(
      wrong(
        "CONSISTENCY_ONE_PRINCIPAL",
        service.file,
        `expected two users, got ${service.uid} for gateway and skills`,
        "Who runs a skill must not be able to change its record.",
      ),
    );
  }
  return found;
}

function accounts(
  services: readonly ReadService[],
  files: readonly JudgedFile[],
): readonly Finding[] {
  const users = new Set(services.map(({ uid }) => uid));
  return files
    .filter(({ kind }) => kind === "nftables")
    .flatMap(({ path, text }) =>
      [...new Set([...text.matchAll(/meta skuid ([0-9]+)/gu)].map(([, uid = ""]) => uid))]
        .filter((uid) => !users.has(uid))
        .map((uid) =>
          wrong(
            "CONSISTENCY_ACCOUNT",
            path,
            `expected rules about users that run something, got ${uid}`,
            "The rule protects nobody: render again.",
          ),
        ),
    );
}

function after(words: readonly string[], flag: string): string {
  const index = words.indexOf(flag);
  return index < 0 ? "" : (words[index + 1] ?? "");
}

function objectAt(value: unknown, ...keys: readonly string[]): JsonObject {
  const found = at(value, ...keys);
  return isObject(found) ? found : {};
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
