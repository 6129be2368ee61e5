import { isObject } from "@clawkeep/openclaw-contract";
import { LineCounter, isCollection, isPair, isScalar, parseDocument } from "yaml";
import type { Document } from "yaml";

import { at, entriesOf, listOf, textsOf } from "./config-file.ts";
import { mebibytes, portNumber, publishedPort, roleOf, seconds } from "./service.ts";
import type { HealthCheck, Mount, PublishedPort, Service } from "./service.ts";

/** A network of a compose file. */
export interface ComposeNetwork {
  readonly name: string;
  readonly isInternal: boolean;
  /** Name of the bridge on the host; empty where Docker makes one up. */
  readonly bridge: string;
  readonly masquerades: boolean;
}

/** A compose file, as far as a doctor must know it. Nothing of it is included, resolved or followed. */
export interface ComposeFile {
  readonly file: string;
  readonly project: string;
  readonly services: readonly Service[];
  readonly networks: readonly ComposeNetwork[];
  /** What the parser says, with lines. */
  readonly errors: readonly { readonly line: number; readonly message: string }[];
}

export function composeFile(file: string, text: string): ComposeFile {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, strict: true });
  const errors = document.errors.map(({ message, pos: [start] }) => ({
    line: lines.linePos(start).line,
    message: message.split("\n")[0] ?? "",
  }));
  const value = errors.length > 0 ? undefined : plainOf(document);
  const networks = entriesOf(at(value, "networks")).map(([name, one]) => ({
    name,
    isInternal: at(one, "internal") === true,
    bridge: word(at(one, "driver_opts", "com.docker.network.bridge.name")),
    masquerades:
      word(at(one, "driver_opts", "com.docker.network.bridge.enable_ip_masquerade")) !== "false",
  }));
  const services = entriesOf(at(value, "services")).map(([name, one]) =>
    serviceOf(file, name, one, (...keys) => lineIn(document, lines, ["services", name, ...keys])),
  );
  return { file, project: word(at(value, "name")), services, networks, errors };
}

/** Aliases that multiply are an error of the parser, not a gigabyte. */
function plainOf(document: Document): unknown {
  try {
    return document.toJS({ maxAliasCount: 20 }) as unknown;
  } catch {
    return undefined;
  }
}

function lineIn(document: Document, lines: LineCounter, keys: readonly string[]): number {
  for (let length = keys.length; length > 0; length -= 1) {
    const parent: unknown =
      length === 1 ? document.contents : document.getIn(keys.slice(0, length - 1), true);
    const pair = isCollection(parent)
      ? parent.items.find(
          (item) => isPair(item) && isScalar(item.key) && item.key.value === keys[length - 1],
        )
      : undefined;
    const start = isPair(pair) && isScalar(pair.key) ? pair.key.range?.[0] : undefined;
    if (start !== undefined) return lines.linePos(start).line;
  }
  return 1;
}

function serviceOf(file: string, name: string, one: unknown, lineOf: Service["lineOf"]): Service {
  const limit = at(one, "mem_limit") ?? at(one, "deploy", "resources", "limits", "memory");
  return {
    form: "compose",
    file,
    name,
    role: roleOf(name),
    image: word(at(one, "image")),
    command: [...textsOf(at(one, "entrypoint")), ...textsOf(at(one, "command"))],
    user: word(at(one, "user")),
    environment: environmentOf(at(one, "environment")),
    ports: listOf(at(one, "ports")).map(portOf),
    networks: networksOf(at(one, "networks"), word(at(one, "network_mode"))),
    networkMode: word(at(one, "network_mode")),
    dns: textsOf(at(one, "dns")),
    extraHosts: isObject(at(one, "extra_hosts"))
      ? entriesOf(at(one, "extra_hosts")).map(([host, to]) => `${host}:${word(to)}`)
      : textsOf(at(one, "extra_hosts")),
    health: healthOf(at(one, "healthcheck")),
    stopSeconds: seconds(word(at(one, "stop_grace_period"))),
    memoryMb: mebibytes(word(limit)),
    readOnlyRoot: at(one, "read_only") === true,
    mounts: [
      ...listOf(at(one, "volumes")).map(mountOf),
      ...textsOf(at(one, "tmpfs")).map((text): Mount => {
        const target = text.split(":")[0] ?? "";
        return { kind: "tmpfs", source: "", target, readOnly: false };
      }),
    ],
    dependsOn: dependsOn(at(one, "depends_on")),
    restart: word(at(one, "restart")),
    isOnDemand: textsOf(at(one, "profiles")).length > 0,
    lineOf,
  };
}

function word(value: unknown): string {
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean"
    ? String(value)
    : "";
}

function environmentOf(value: unknown): Readonly<Record<string, string>> {
  if (isObject(value)) {
    return Object.fromEntries(entriesOf(value).map(([name, one]) => [name, word(one)]));
  }
  return Object.fromEntries(
    textsOf(value).map((line): [string, string] => {
      const [name = "", ...rest] = line.split("=");
      return [name, rest.join("=")];
    }),
  );
}

function portOf(value: unknown): PublishedPort {
  if (!isObject(value)) return publishedPort(word(value));
  const address = word(at(value, "host_ip"));
  const [host, inside] = [word(at(value, "published")), word(at(value, "target"))];
  return {
    text: [address, host, inside].filter((part) => part !== "").join(":"),
    address,
    host: portNumber(host),
    inside: portNumber(inside),
  };
}

/** A service that names no network is on `default`. */
function networksOf(value: unknown, mode: string): readonly string[] {
  if (mode !== "") return [];
  const named = isObject(value) ? Object.keys(value) : textsOf(value);
  return named.length === 0 ? ["default"] : named;
}

function healthOf(value: unknown): HealthCheck | undefined {
  if (!isObject(value)) return undefined;
  return {
    test: textsOf(at(value, "test")).join(" "),
    isOff: at(value, "disable") === true || textsOf(at(value, "test"))[0] === "NONE",
    startSeconds: seconds(word(at(value, "start_period"))),
  };
}

function mountOf(value: unknown): Mount {
  if (isObject(value)) {
    const kind = at(value, "type");
    return {
      kind: kind === "volume" || kind === "tmpfs" ? kind : "bind",
      source: word(at(value, "source")),
      target: word(at(value, "target")),
      readOnly: at(value, "read_only") === true,
    };
  }
  const [source = "", target = "", options = ""] = word(value).split(":");
  return {
    kind: /^[./~]/u.test(source) ? "bind" : "volume",
    source,
    target: target === "" ? source : target,
    readOnly: options.split(",").includes("ro"),
  };
}

function dependsOn(value: unknown): Service["dependsOn"] {
  if (isObject(value)) {
    return entriesOf(value).map(([name, one]) => ({
      name,
      condition: word(at(one, "condition")) || "service_started",
    }));
  }
  return textsOf(value).map((name) => ({ name, condition: "service_started" }));
}
