import { isObject } from "@clawkeep/openclaw-contract";
import type { JsonObject } from "@clawkeep/openclaw-contract";

import type { JudgedFile } from "./judged-file.ts";
import { readYaml } from "./read-yaml.ts";

/** One container or unit, read back from text: what it runs, as whom, and what it is given. */
export interface ReadService {
  readonly file: string;
  readonly name: string;
  readonly command: readonly string[];
  readonly uid: string;
  readonly gid: string;
  /** Names by which others of its networks find it. */
  readonly names: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** Addresses that it publishes on the host, as `host:published:target`. */
  readonly published: readonly string[];
  readonly health: string;
  /** Paths at which it finds a secret. */
  readonly secrets: readonly string[];
}

/** `openclaw.json`, or an empty object. */
export function readConfig(files: readonly JudgedFile[]): JsonObject {
  const found = files.find(({ kind }) => kind === "openclaw-config");
  const value: unknown = found === undefined ? {} : JSON.parse(found.text);
  return isObject(value) ? value : {};
}

/** A value deep in an object; undefined where there is none. */
export function at(value: unknown, ...keys: readonly string[]): unknown {
  return keys.reduce<unknown>((inner, key) => (isObject(inner) ? inner[key] : undefined), value);
}

/** Strings of a list; none when it is no list. */
export function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === "string") : [];
}

/** Every process that the files describe. */
export function readServices(files: readonly JudgedFile[]): readonly ReadService[] {
  return [
    ...files.filter(({ path }) => path === "compose.yaml").flatMap(composeServices),
    ...files.filter(({ kind }) => kind === "systemd-unit").map(unitService),
    ...files.filter(({ path }) => path.endsWith(".container")).map(quadletService),
  ];
}

function composeServices({ path, text }: JudgedFile): readonly ReadService[] {
  const services = at(readYaml(text), "services");
  if (!isObject(services)) return [];
  return Object.entries(services).map(([name, one]) => ({
    file: path,
    name,
    command: [...texts(at(one, "entrypoint")), ...texts(at(one, "command"))],
    uid: word(at(one, "user")).split(":")[0] ?? "",
    gid: word(at(one, "user")).split(":")[1] ?? "",
    names: [name, ...aliasesOf(at(one, "networks"))],
    environment: Object.fromEntries(
      Object.entries(
        isObject(at(one, "environment")) ? (at(one, "environment") as JsonObject) : {},
      ).map(([key, value]) => [key, word(value)]),
    ),
    published: list(at(one, "ports")).map((port) =>
      [at(port, "host_ip"), at(port, "published"), at(port, "target")].map(word).join(":"),
    ),
    health: texts(at(one, "healthcheck", "test")).join(" "),
    secrets: list(at(one, "secrets")).map((secret) => `/run/secrets/${word(at(secret, "target"))}`),
  }));
}

/** Names of a service's networks, in either form of a compose file. */
export function networkNames(service: unknown): readonly string[] {
  const found = at(service, "networks");
  return isObject(found) ? Object.keys(found) : texts(found);
}

function aliasesOf(networks: unknown): readonly string[] {
  return isObject(networks)
    ? Object.values(networks).flatMap((one) => texts(at(one, "aliases")))
    : [];
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function word(value: unknown): string {
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
}

/** Lines of a unit: key and value, in order. */
export function unitLines(text: string): readonly (readonly [string, string])[] {
  return text.split("\n").flatMap((line): readonly (readonly [string, string])[] => {
    const split = line.indexOf("=");
    return split < 1 || /^[#;[]/u.test(line) ? [] : [[line.slice(0, split), line.slice(split + 1)]];
  });
}

function words(text: string): readonly string[] {
  return (text.match(/"(?:[^"\\]|\\.)*"|\S+/gsu) ?? []).map((one) =>
    (one.startsWith('"') ? one.slice(1, -1).replace(/\\(.)/gsu, "$1") : one)
      .replaceAll("%%", "%")
      .replaceAll("$$", "$"),
  );
}

function variables(
  lines: readonly (readonly [string, string])[],
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    lines
      .filter(([key]) => key === "Environment")
      .flatMap(([, value]) => words(value))
      .map((one) => [one.slice(0, one.indexOf("=")), one.slice(one.indexOf("=") + 1)]),
  );
}

function unitService({ path, text }: JudgedFile): ReadService {
  const lines = unitLines(text);
  const value = (key: string): string => lines.find(([name]) => name === key)?.[1] ?? "";
  const unit = path.slice(path.lastIndexOf("/") + 1);
  return {
    file: path,
    name: /-(gateway|skills|ollama-gate|ollama|egress)\.service$/u.exec(unit)?.[1] ?? unit,
    command: words(value("ExecStart")),
    uid: value("User"),
    gid: value("Group"),
    names: [],
    environment: variables(lines),
    published: [],
    health: "",
    secrets: lines
      .filter(([key]) => key === "LoadCredential")
      .map(([, credential]) => `/run/credentials/${unit}/${credential.split(":")[0] ?? ""}`),
  };
}

function quadletService({ path, text }: JudgedFile): ReadService {
  const lines = unitLines(text);
  const all = (key: string): readonly string[] =>
    lines.filter(([name]) => name === key).map(([, value]) => value);
  return {
    file: path,
    name: /-(gateway|skills|ollama-gate|ollama|egress)\.container$/u.exec(path)?.[1] ?? path,
    command: ["", ...words(all("Exec")[0] ?? "")],
    uid: all("User")[0] ?? "",
    gid: all("Group")[0] ?? "",
    names: all("PodmanArgs").flatMap((one) => /^--network-alias=(\S+)$/u.exec(one)?.[1] ?? []),
    environment: variables(lines),
    published: all("PublishPort"),
    health: "",
    secrets: all("Secret").map((secret) => /target=([^,]+)/u.exec(secret)?.[1] ?? ""),
  };
}
