import type { Finding } from "@clawkeep/diagnostics";
import { isObject } from "@clawkeep/openclaw-contract";

import { wrong } from "../artifacts/judged-file.ts";
import type { JudgedFile } from "../artifacts/judged-file.ts";
import { at, networkNames, texts } from "../artifacts/read-artifacts.ts";
import { readYaml } from "../artifacts/read-yaml.ts";
import { openWebuiFindings } from "./open-webui-controls.ts";

interface ServiceControl {
  readonly expected: string;
  readonly holds: (service: unknown, name: string) => boolean;
}

const isDuration = (value: unknown): boolean => /^[1-9][0-9]*s$/u.test(String(value));
const seconds = (value: unknown): number =>
  isDuration(value) ? Number.parseInt(String(value), 10) : 0;
const isGatewayImage = (service: unknown): boolean =>
  texts(at(service, "entrypoint")).some((word) => word.endsWith("/openclaw"));
const isGateway = (service: unknown): boolean =>
  isGatewayImage(service) && texts(at(service, "command"))[0] === "gateway";
const listed = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** What a service needs besides the CIS benchmark: ends, logs, names, and configuration that it cannot change. */
const controls: readonly ServiceControl[] = [
  {
    expected: "limits of open files, and no core dump",
    holds: (one) =>
      Number(at(one, "ulimits", "nofile", "hard")) > 0 &&
      Number(at(one, "ulimits", "nofile", "soft")) > 0 &&
      at(one, "ulimits", "core", "hard") === 0 &&
      at(one, "ulimits", "core", "soft") === 0,
  },
  {
    expected: "logs that end",
    holds: (one) =>
      at(one, "logging", "driver") === "json-file" &&
      /^[1-9][0-9]*m$/u.test(String(at(one, "logging", "options", "max-size"))) &&
      /^[1-9]$/u.test(String(at(one, "logging", "options", "max-file"))),
  },
  {
    expected: "time to end; 330 s for a gateway",
    holds: (one) => seconds(at(one, "stop_grace_period")) >= (isGateway(one) ? 330 : 1),
  },
  {
    expected: "a healthcheck with bounds; 120 s before the first for a gateway",
    holds: (one) =>
      at(one, "healthcheck", "disable") === true ||
      (texts(at(one, "healthcheck", "test"))[0] === "CMD" &&
        isDuration(at(one, "healthcheck", "interval")) &&
        isDuration(at(one, "healthcheck", "timeout")) &&
        Number(at(one, "healthcheck", "retries")) > 0 &&
        seconds(at(one, "healthcheck", "start_period")) >= (isGateway(one) ? 120 : 1)),
  },
  {
    expected:
      "folders of the host read-only, but for a command by hand, and none that Docker makes",
    holds: (one) =>
      listed(at(one, "volumes")).every(
        (mount) =>
          at(mount, "type") === "volume" ||
          (at(mount, "bind", "create_host_path") === false &&
            (at(mount, "read_only") === true ||
              at(one, "profiles", "0") !== undefined ||
              texts(at(one, "profiles")).length > 0)),
      ),
  },
  {
    expected: "volumes with a name and a place",
    holds: (one) =>
      listed(at(one, "volumes")).every(
        (mount) =>
          ["bind", "volume"].includes(String(at(mount, "type"))) &&
          typeof at(mount, "source") === "string" &&
          String(at(mount, "target")).startsWith("/"),
      ),
  },
  {
    expected: "the socket of the skills service read-only for the gateway",
    holds: (one) =>
      !isGateway(one) ||
      listed(at(one, "volumes")).every(
        (mount) => at(mount, "source") !== "sockets" || at(mount, "read_only") === true,
      ),
  },
  {
    expected: "no name asked of the host's resolver where the way out is closed",
    holds: (one, name) =>
      at(one, "network_mode") !== undefined ||
      name === "egress" ||
      networkNames(one).includes("outside") ||
      texts(at(one, "dns")).join() === "127.0.0.1",
  },
  {
    expected: "a network that is named, or none",
    holds: (one) =>
      at(one, "network_mode") === "none" ||
      /^service:[a-z-]+$/u.test(String(at(one, "network_mode"))) ||
      networkNames(one).length > 0,
  },
  {
    expected: "no network for the skills service",
    holds: (one, name) => name !== "skills" || at(one, "network_mode") === "none",
  },
  {
    expected: "each mount in memory without privileges, devices or end of size",
    holds: (one) =>
      texts(at(one, "tmpfs")).every((mount) => /\bnosuid,nodev,size=[1-9][0-9]*m\b/u.test(mount)),
  },
  {
    expected: "configuration that a gateway cannot change, at the place where it is mounted",
    holds: (one) =>
      !isGateway(one) ||
      (at(one, "environment", "OPENCLAW_CONFIG_READONLY") === "1" &&
        at(one, "environment", "OPENCLAW_CONFIG_PATH") === "/etc/claw/openclaw.json" &&
        listed(at(one, "volumes")).some((mount) => at(mount, "target") === "/etc/claw")),
  },
  {
    expected: "a home, a state and a heap that is bounded for OpenClaw",
    holds: (one) =>
      !isGatewayImage(one) ||
      (["HOME", "OPENCLAW_STATE_DIR", "OPENCLAW_CONFIG_PATH"].every((name) =>
        String(at(one, "environment", name)).startsWith("/"),
      ) &&
        at(one, "environment", "NO_COLOR") === "1" &&
        typeof at(one, "environment", "OPENCLAW_CONFIG_READONLY") === "string" &&
        /^--max-old-space-size=[1-9]/u.test(String(at(one, "environment", "NODE_OPTIONS")))),
  },
  {
    expected: "a home for every process",
    holds: (one) => String(at(one, "environment", "HOME")).startsWith("/"),
  },
  {
    expected: "no secret by value in a variable",
    holds: (one) => {
      const environment = at(one, "environment");
      return !Object.entries(isObject(environment) ? environment : {}).some(
        ([name, value]) =>
          /TOKEN|SECRET|PASSWORD|API_KEY/u.test(name) &&
          value !== "" &&
          // A name of a file is no secret.
          !(name.endsWith("_FILE") && String(value).startsWith("/")),
      );
    },
  },
  {
    expected: "a wait for what it needs to be healthy",
    holds: (one) => {
      const needed = at(one, "depends_on");
      return Object.values(isObject(needed) ? needed : {}).every(
        (wait) => at(wait, "condition") === "service_healthy",
      );
    },
  },
  {
    expected: "secrets by name and place",
    holds: (one) =>
      listed(at(one, "secrets")).every(
        (secret) =>
          typeof at(secret, "source") === "string" && typeof at(secret, "target") === "string",
      ),
  },
];

/** What runs in a service, and what it keeps: a name alone would be answered by whatever the image starts. */
const runs: readonly ServiceControl[] = [
  {
    expected: "a program by its path, and arguments",
    holds: (one) =>
      texts(at(one, "entrypoint")).length === 1 &&
      (texts(at(one, "entrypoint"))[0] ?? "").startsWith("/") &&
      texts(at(one, "command")).length > 0,
  },
  {
    expected: "the arguments of its part",
    holds: (one, name) => {
      const [first = "", second = ""] = texts(at(one, "command"));
      if (name === "skills") return first === "serve" && second === "--workspace";
      if (name === "ollama-gate") return first === "ollama-gate" && second === "--listen";
      if (name === "egress") return first === "-N" && second === "-f";
      return name !== "gateway" || (first === "gateway" && second === "run");
    },
  },
  {
    expected: "a health that is asked by a program and its arguments",
    holds: (one) => {
      const [, program = "", flag = "", script = ""] = texts(at(one, "healthcheck", "test"));
      if (at(one, "healthcheck", "disable") === true) return true;
      if (program.endsWith("/node")) return flag === "-e" && script !== "";
      if (program === "bash") return flag === "-c" && script !== "";
      return program.startsWith("/") && flag !== "";
    },
  },
  {
    expected: "a volume where its home is",
    holds: (one, name) =>
      name === "egress" ||
      listed(at(one, "volumes")).some((mount) =>
        String(at(one, "environment", "HOME")).startsWith(String(at(mount, "target"))),
      ),
  },
  {
    expected: "the socket's folder for the skills service",
    holds: (one, name) =>
      name !== "skills" ||
      listed(at(one, "volumes")).some((mount) => at(mount, "source") === "sockets"),
  },
  {
    expected: "the configuration where it is mounted for a proxy and for commands",
    holds: (one, name) =>
      (name !== "egress" && !isGatewayImage(one)) ||
      listed(at(one, "volumes")).some((mount) => at(mount, "target") === "/etc/claw"),
  },
  {
    expected: "memory for what a gateway and a proxy write for a while",
    holds: (one, name) =>
      (name !== "egress" && !isGatewayImage(one)) || texts(at(one, "tmpfs")).length > 1,
  },
  {
    expected: "Ollama's folder, address and context",
    holds: (one) =>
      !isOllama(one) ||
      (String(at(one, "environment", "OLLAMA_MODELS")).startsWith("/") &&
        /^(?:0\.0\.0\.0|127\.0\.0\.1):[0-9]+$/u.test(
          String(at(one, "environment", "OLLAMA_HOST")),
        ) &&
        /^[0-9]{5,}$/u.test(String(at(one, "environment", "OLLAMA_CONTEXT_LENGTH")))),
  },
  {
    expected: "a profile for what leads out and is started by hand",
    holds: (one, name) =>
      !networkNames(one).includes("outside") ||
      name === "egress" ||
      name === "gateway" ||
      texts(at(one, "profiles")).length > 0,
  },
];
const isOllama = (service: unknown): boolean =>
  texts(at(service, "entrypoint")).some((word) => word.endsWith("/ollama"));

/** Whole services are judged in a base and in what adds one; an overlay of a few keys is judged as an overlay. */
export function composeFindings(file: JudgedFile, isCloudy: boolean): readonly Finding[] {
  const value: unknown = readYaml(file.text);
  const services = at(value, "services");
  const networks = at(value, "networks");
  const all = Object.entries(isObject(services) ? services : {});
  const whole = all.filter(
    ([, one]) => at(one, "image") !== undefined || at(one, "user") !== undefined,
  );
  const say = (message: string): Finding =>
    wrong(
      "HARDENING_COMPOSE",
      file.path,
      message,
      "This line is part of what keeps the deployment closed: render again.",
    );
  const isBase = /(?:^|\/)compose\.yaml$/u.test(file.path);
  return [
    ...whole.flatMap(([name, one]) =>
      [...controls, ...runs]
        .filter(({ holds }) => !holds(one, name))
        .map(({ expected }) => say(`expected ${expected} in service ${name}, got none`)),
    ),
    ...Object.entries(isObject(networks) ? networks : {})
      .filter(([name, network]) => !isClosed(name, network))
      .map(([name]) => say(`expected the network ${name} to be closed and named, got an open one`)),
    ...(isBase && typeof at(value, "name") !== "string"
      ? [say("expected a project name, got none")]
      : []),
    ...(isBase ? baseFindings(value, say) : []),
    ...openWebuiFindings(value, say),
    ...all
      .filter(
        ([, one]) =>
          isOllama(one) && !isCloudy && at(one, "environment", "OLLAMA_NO_CLOUD") !== "1",
      )
      .map(([name]) => say(`expected OLLAMA_NO_CLOUD=1 in service ${name}, got none`)),
    ...danglingNames(value, isBase).map((name) =>
      say(`expected a definition of ${name}, got none`),
    ),
  ];
}

/** Networks, volumes, secrets and services that are used and not defined. An overlay may use those of its base. */
function danglingNames(value: unknown, isBase: boolean): readonly string[] {
  const services = at(value, "services");
  const keys = (name: string): readonly string[] => {
    const found = at(value, name);
    return Object.keys(isObject(found) ? found : {});
  };
  const used = Object.values(isObject(services) ? services : {}).flatMap((one) => {
    const waits = at(one, "depends_on");
    return [
      ...networkNames(one)
        .filter((name) => isBase || name === "outside")
        .map((name) => ["networks", name] as const),
      ...(isBase
        ? [
            ...listed(at(one, "volumes"))
              .filter((mount) => at(mount, "type") === "volume")
              .map((mount) => ["volumes", String(at(mount, "source"))] as const),
            ...listed(at(one, "secrets")).map(
              (secret) => ["secrets", String(at(secret, "source"))] as const,
            ),
            ...Object.keys(isObject(waits) ? waits : {}).map((name) => ["services", name] as const),
          ]
        : []),
    ];
  });
  const secrets = at(value, "secrets");
  return [
    ...used
      .filter(([kind, name]) => !keys(kind).includes(name))
      .map(([kind, name]) => `${kind}.${name}`),
    ...Object.entries(isObject(secrets) ? secrets : {})
      .filter(([, secret]) => !String(at(secret, "file")).startsWith("./secrets/container/"))
      .map(([name]) => `the file of secret ${name}`),
  ];
}

/**
 * Internal, or without a way out and from one container to another. The one that leads out is in no base; one to the
 * host has a fixed address for the firewall. A bridge has a name for the same reason.
 */
function isClosed(name: string, network: unknown): boolean {
  const option = (key: string): unknown =>
    at(network, "driver_opts", `com.docker.network.bridge.${key}`);
  if (at(network, "driver") !== "bridge" || typeof option("name") !== "string") return false;
  if (name === "outside" || at(network, "internal") === true) return true;
  if (option("enable_ip_masquerade") !== "false") return false;
  if (name === "front") return option("enable_icc") === "false";
  const [pool] = listed(at(network, "ipam", "config"));
  return typeof at(pool, "subnet") === "string" && typeof at(pool, "gateway") === "string";
}

function baseFindings(value: unknown, say: (message: string) => Finding): readonly Finding[] {
  const services = at(value, "services");
  const entries = Object.entries(isObject(services) ? services : {});
  const found: Finding[] = [];
  if (isObject(at(value, "networks", "outside")))
    found.push(say("expected no way out in the base, got the network outside"));
  const gateway = entries.find(([, one]) => isGateway(one));
  if (gateway === undefined) return [...found, say("expected a gateway, got none")];
  const waits = at(gateway[1], "depends_on");
  for (const [name, one] of entries) {
    if (name === gateway[0] || texts(at(one, "profiles")).length > 0) continue;
    if (at(one, "network_mode") === `service:${gateway[0]}`) continue;
    if (name === "ollama") continue;
    if (!isObject(waits) || !Object.hasOwn(waits, name))
      found.push(say(`expected the gateway to wait for ${name}, it does not`));
  }
  if (
    !listed(at(gateway[1], "ports")).every(
      (port) => at(port, "protocol") === "tcp" && at(port, "mode") === "host",
    )
  )
    found.push(say("expected the gateway's port over tcp of this host, got another"));
  const gate = entries.find(([name]) => name === "ollama-gate")?.[1];
  const names = texts(at(gate, "networks", "inside", "aliases"));
  // It may have that name on another network, too, where the gateway is not.
  if (isObject(at(gate, "networks")) && names.join() !== "ollama-gate.local")
    found.push(say("expected the gateway to find the proxy in front of Ollama by its name"));
  if (networkNames(gateway[1]).includes("models"))
    found.push(say("expected no way from the gateway to Ollama but its proxy"));
  if (!entries.some(([, one]) => texts(at(one, "profiles")).includes("cli")))
    found.push(say("expected the service of commands by hand in the profile cli"));
  return found;
}
