import path from "node:path";

import type { ServiceCage, ServiceDefinition, ServiceFolder } from "@clawkeep/provision";
import { gateName, ports, servicesOf, socketFolder } from "@clawkeep/provision-plan";
import type { DeploymentSpec, Service } from "@clawkeep/provision-plan";

import { secretsOf, storeOf } from "./deployment.ts";
import { commonDefinition, meetingFolder, rootFolder, stateFolder } from "./host-services.ts";
import { thisPlace } from "./render-place.ts";

/*
 * A container profile without a container engine: the same files and programs, each part in a cage of namespaces. Its
 * network is loopback of its own, so that what containers say by their network goes by sockets in folders here:
 *
 *   127.0.0.1:PORT of the host ── front ── gateway.sock ── the gateway's cage ── ollama.sock ── proxy ── Ollama
 */

/** Names that the files use for other containers, inside the gateway's cage. */
const gateAddress = "127.0.0.2";
const egressAddress = "127.0.0.3";

/** Where the proxy in front of Ollama listens. */
export function gateSocket(spec: DeploymentSpec): string {
  return `${socketFolder(spec)}-ollama-gate/ollama.sock`;
}

const gatewaySocket = (spec: DeploymentSpec): string =>
  `${socketFolder(spec)}-gateway/gateway.sock`;
const egressSocket = (spec: DeploymentSpec): string => `${socketFolder(spec)}-egress/proxy.sock`;
const secretFolder = (spec: DeploymentSpec): string => `${socketFolder(spec)}-secrets/gateway`;

/**
 * The containers of a deployment as caged processes, in the order of start.
 *
 * @param folder Where the deployment's files lie.
 */
export function cagedServices(spec: DeploymentSpec, folder: string): readonly ServiceDefinition[] {
  const services = servicesOf(spec, thisPlace());
  const gateway = services.find(({ role }) => role === "gateway");
  const own = services.map((service) => cagedService(service, services, spec, folder));
  return gateway === undefined ? own : [...own, front(gateway, spec)];
}

function cagedService(
  service: Service,
  services: readonly Service[],
  spec: DeploymentSpec,
  folder: string,
): ServiceDefinition {
  const gateway = services.find(({ role }) => role === "gateway");
  const common = commonDefinition(service, spec);
  const { role, uid, gid } = service;
  const meeting = { path: `${socketFolder(spec)}-${role}`, uid };
  if (role === "gateway") {
    const state = `/var/lib/claw-${spec.name}-gateway`;
    // Whoever is started first makes what its cage shows.
    const shared = services.flatMap((one) => {
      if (one.role === "skills") return [meetingFolder(one, service, spec)];
      if (one.role === "ollama-gate") {
        return [{ path: path.dirname(gateSocket(spec)), mode: 0o2750, uid: one.uid, gid }];
      }
      return one.role === "egress" ? [egressFolder(spec, gid)] : [];
    });
    return {
      ...common,
      ...inside(common, spec),
      account: { uid, gid, groups: [] },
      folders: [
        { ...stateFolder(service), path: state },
        ...shared,
        { ...meeting, mode: 0o2750, gid: frontId },
        rootFolder(path.dirname(secretFolder(spec))),
      ],
      credentials: secretsOf(spec, folder).map(({ name, path: source }) => ({
        source,
        target: path.join(secretFolder(spec), name),
      })),
      cage: {
        ...cage("none"),
        binds: [
          ...programs,
          shown(path.join(folder, "config", "openclaw.json"), "/etc/claw/openclaw.json"),
          shown(hostsFile(spec), "/etc/hosts"),
          shown(secretFolder(spec), spec.profile.secrets),
          shown(socketFolder(spec), socketFolder(spec)),
          shown(path.dirname(gateSocket(spec)), path.dirname(gateSocket(spec))),
          ...(spec.egress.mode === "allowlist"
            ? [shown(path.dirname(egressSocket(spec)), path.dirname(egressSocket(spec)))]
            : []),
          { ...shown(meeting.path, meeting.path), writable: true },
          { ...shown(state, service.state), writable: true },
        ],
      },
    };
  }
  // The proxy gives its socket to the gateway's group; the skills service has that group as its own.
  const groups = role === "ollama-gate" && gateway !== undefined ? [gateway.gid] : [];
  const account = { uid, gid, groups };
  if (role === "skills") {
    const meet = meetingFolder(service, gateway, spec);
    return {
      ...common,
      account,
      folders: [stateFolder(service), meet],
      cage: {
        ...cage("none"),
        binds: [...programs, kept(service.state), kept(meet.path)],
      },
    };
  }
  const outside = {
    ...common,
    account,
    folders: [
      stateFolder(service),
      ...(role === "ollama-gate" ? [{ ...meeting, mode: 0o2750, gid: gateway?.gid ?? gid }] : []),
    ],
    cage: {
      ...cage("host"),
      binds: [
        ...programs,
        shown("/etc/hosts", "/etc/hosts"),
        kept(service.state),
        ...(role === "ollama-gate" ? [kept(meeting.path)] : []),
        ...(role === "egress"
          ? [shown(path.join(folder, "config", "squid.conf"), "/etc/claw/squid.conf")]
          : []),
      ],
    },
  };
  if (role === "ollama") {
    const environment = { ...common.environment, OLLAMA_HOST: `127.0.0.1:${ports.ollama}` };
    // On a host it lies where its own installation puts it, not where the image has it.
    return { ...outside, program: "/usr/local/bin/ollama", environment };
  }
  return role === "ollama-gate" ? { ...outside, args: gateArguments(common.args, spec) } : outside;
}

/** The proxy at its socket; Ollama is on this host. */
function gateArguments(args: readonly string[], spec: DeploymentSpec): readonly string[] {
  const after = (name: string): number => args.indexOf(name) + 1;
  return args
    .with(after("--listen"), `unix:${gateSocket(spec)}`)
    .with(after("--upstream"), spec.models.endpoint ?? `http://127.0.0.1:${ports.ollama}`);
}

/** The gateway with what brings bytes into and out of its network. */
function inside(
  { program, args }: Pick<ServiceDefinition, "program" | "args">,
  spec: DeploymentSpec,
): Pick<ServiceDefinition, "program" | "args"> {
  return pipes(
    [
      `unix:${gatewaySocket(spec)}=tcp:127.0.0.1:${spec.gateway.port}`,
      `tcp:${gateAddress}:${ports.ollama}=unix:${gateSocket(spec)}`,
      ...(spec.egress.mode === "allowlist"
        ? [`tcp:${egressAddress}:${ports.egressProxy}=unix:${egressSocket(spec)}`]
        : []),
    ],
    [program, ...args],
  );
}

/** Publishes the gateway's port on loopback of the host, as a container engine does; it may do nothing else. */
function front(gateway: Service, spec: DeploymentSpec): ServiceDefinition {
  const port = `tcp:127.0.0.1:${spec.gateway.port}=unix:${gatewaySocket(spec)}`;
  const proxy = `unix:${egressSocket(spec)}=tcp:127.0.0.1:${ports.egressProxy}`;
  const meets = spec.egress.mode === "allowlist";
  const at = path.dirname(egressSocket(spec));
  return {
    name: "front",
    folder: path.join(storeOf(spec.name), "run"),
    ...pipes(meets ? [port, proxy] : [port], []),
    environment: { PATH: "/usr/local/bin:/usr/bin:/bin", HOME: "/tmp" },
    cwd: "/",
    stopMs: 5000,
    restartMs: 1000,
    account: { uid: frontId, gid: frontId, groups: [gateway.gid] },
    folders: meets ? [egressFolder(spec, gateway.gid)] : [],
    limits: { memoryMb: 256, processes: 64 },
    cage: {
      ...cage("host"),
      binds: [
        ...programs,
        shown(path.dirname(gatewaySocket(spec)), path.dirname(gatewaySocket(spec))),
        ...(meets ? [kept(at)] : []),
      ],
    },
  };
}

/** Where the gateway finds the way out. */
function egressFolder(spec: DeploymentSpec, gid: number): ServiceFolder {
  return { path: path.dirname(egressSocket(spec)), mode: 0o2750, uid: frontId, gid };
}

/** Its user, and the group by which it reaches the gateway's socket. */
const frontId: number = thisPlace().skillsUid + 5;

function pipes(
  written: readonly string[],
  command: readonly string[],
): Pick<ServiceDefinition, "program" | "args"> {
  return {
    program: "/usr/local/bin/claw",
    args: [
      "pipe",
      ...written.flatMap((one) => ["--pipe", one]),
      ...(command.length === 0 ? [] : ["--", ...command]),
    ],
  };
}

/** A file of names for the cage, written by apply. */
export function hostsFile(spec: DeploymentSpec): string {
  return path.join(storeOf(spec.name), "hosts");
}

/** What that file says. */
export const hostsText: string = [
  "127.0.0.1 localhost",
  "::1 localhost",
  `${gateAddress} ${gateName}`,
  `${egressAddress} egress`,
  "",
].join("\n");

const cage = (network: ServiceCage["network"]): Omit<ServiceCage, "binds"> => ({
  // As the compose file: a place for what is thrown away, and caches.
  scratch: [
    { target: "/tmp", megabytes: 256 },
    // Every container has one; squid does not start without.
    { target: "/dev/shm", megabytes: 64 },
    ...(network === "none" ? [{ target: "/home/node", megabytes: 128 }] : []),
  ],
  network,
});

const shown = (source: string, target: string): ServiceCage["binds"][number] => ({
  source,
  target,
  writable: false,
});
const kept = (at: string): ServiceCage["binds"][number] => ({ ...shown(at, at), writable: true });

/** Where an operator installs what is not the distribution's. */
const programs: readonly ServiceCage["binds"][number][] = [shown("/opt", "/opt")];
