import path from "node:path";

import { CodedError } from "@clawkeep/diagnostics";
import type { ServiceCage, ServiceDefinition, ServiceFolder } from "@clawkeep/provision";
import { configFolder, ports, servicesOf, socketFolder } from "@clawkeep/provision-plan";
import type { DeploymentSpec, RenderPlace, Service } from "@clawkeep/provision-plan";

import { storeOf } from "./deployment.ts";
import { pipeCommand } from "./pipe-command.ts";
import { thisPlace } from "./render-place.ts";

/**
 * The processes of a deployment as our own supervisor keeps them where no service manager is: each with the user,
 * folders, secrets and limits of its unit; those of a container profile in cages instead of containers. In the order
 * of start.
 *
 * @param folder Where the deployment's files lie.
 * @throws CodedError `START_PROFILE`, `START_ROOT`
 */
export function supervisedServices(
  spec: DeploymentSpec,
  folder: string,
): readonly ServiceDefinition[] {
  const { gateway, name } = spec.profile;
  const isCaged = gateway === "container";
  if (isCaged ? !cagedProfiles.includes(name) : gateway !== "system-unit") {
    throw new CodedError({
      code: "START_PROFILE",
      message: `expected a profile whose processes can be kept here, got ${name}`,
      hint: "It is started by what it is made for: docker compose, podman, systemctl --user, launchctl.",
    });
  }
  if (process.platform !== "linux" || process.getuid?.() !== 0) {
    throw new CodedError({
      code: "START_ROOT",
      message: `expected root on Linux, which alone can be the users of ${name}, got uid ${process.getuid?.() ?? "none"}`,
      hint: "Run it as root, or choose the profile notebook.",
    });
  }
  const place = thisPlace();
  const own = servicesOf(spec, place).map((service) => definitionOf(service, spec, folder, place));
  return isCaged ? [...own, front(spec, place)] : own;
}

/** Container profiles whose containers can be cages; the others need what only a container engine has. */
const cagedProfiles: readonly string[] = ["cage", "hybrid"];

/** Where the proxy in front of Ollama listens for a gateway whose network is loopback of its own. */
export function gateSocket(spec: DeploymentSpec): string {
  return `${socketFolder(spec)}-gate/ollama.sock`;
}

function definitionOf(
  service: Service,
  spec: DeploymentSpec,
  folder: string,
  place: RenderPlace,
): ServiceDefinition {
  const { role, uid, gid, state } = service;
  const isCaged = spec.profile.gateway === "container";
  const command = isCaged ? cagedCommand(service, spec) : service.command;
  const [program = "", ...args] = command;
  const hostState = isCaged && role === "gateway" ? `/var/lib/claw-${spec.name}-gateway` : state;
  return {
    name: role,
    folder: path.join(storeOf(spec.name), "run"),
    program,
    args,
    environment: {
      ...service.environment,
      ...(isCaged && role === "ollama" ? { OLLAMA_HOST: `127.0.0.1:${ports.ollama}` } : {}),
      PATH: "/usr/local/bin:/usr/bin:/bin",
    },
    cwd: state,
    stopMs: service.stopSeconds * 1000,
    restartMs: 1000,
    account: { uid, gid, groups: groupsOf(service, spec, place) },
    folders: [
      { path: hostState, mode: 0o700, uid, gid },
      ...meetingPlaces(service, spec, place),
      ...(role === "gateway" && !isCaged
        ? [
            { path: configFolder(spec, place), mode: 0o711, uid: 0, gid: 0 },
            { path: "/run/credentials", mode: 0o711, uid: 0, gid: 0 },
          ]
        : []),
    ],
    credentials: role === "gateway" ? credentialsOf(spec, folder, place) : [],
    limits: { memoryMb: service.memoryMb, processes: service.processes },
    ...(isCaged ? { cage: cageOf(service, spec, folder, hostState) } : {}),
  };
}

/** Who meets at a socket: its owner gives it to the group of who asks. */
function groupsOf({ role }: Service, spec: DeploymentSpec, place: RenderPlace): readonly number[] {
  const gateway = servicesOf(spec, place).find((one) => one.role === "gateway");
  return (role === "skills" || role === "ollama-gate") && gateway !== undefined
    ? [gateway.gid]
    : [];
}

function meetingPlaces(
  { role, uid, gid }: Service,
  spec: DeploymentSpec,
  place: RenderPlace,
): readonly ServiceFolder[] {
  const gateway = servicesOf(spec, place).find((one) => one.role === "gateway")?.gid ?? gid;
  const at = socketFolder(spec);
  const isCaged = spec.profile.gateway === "container";
  if (role === "skills") return [{ path: at, mode: 0o750, uid, gid: gateway }];
  if (!isCaged) return [];
  if (role === "ollama-gate") return [{ path: `${at}-gate`, mode: 0o2750, uid, gid: gateway }];
  return role === "gateway"
    ? [{ path: `${at}-gateway`, mode: 0o2750, uid, gid: frontId(place) }]
    : [];
}

/** A secret lies in the deployment's folder, for root alone; its reader gets a copy. */
function credentialsOf(
  spec: DeploymentSpec,
  folder: string,
  place: RenderPlace,
): NonNullable<ServiceDefinition["credentials"]> {
  const target = spec.profile.secrets.replaceAll("NAME", spec.name);
  const shown =
    spec.profile.gateway === "container" ? `${socketFolder(spec)}-secrets` : target;
  return secretNames(spec, place).map((name) => ({
    source: path.resolve(folder, "secrets", name),
    target: `${shown}/${name}`,
  }));
}

function secretNames(spec: DeploymentSpec, place: RenderPlace): readonly string[] {
  return fileSecrets(spec, place);
}

function cagedCommand(service: Service, spec: DeploymentSpec): readonly string[] {
  const { role, command } = service;
  if (role === "ollama-gate") {
    const at = (name: string): number => command.indexOf(name) + 1;
    return command
      .with(at("--listen"), `unix:${gateSocket(spec)}`)
      .with(at("--upstream"), spec.models.endpoint ?? `http://127.0.0.1:${ports.ollama}`);
  }
  if (role !== "gateway") return command;
  return pipeCommand(
    [
      `unix:${socketFolder(spec)}-gateway/gateway.sock=tcp:127.0.0.1:${spec.gateway.port}`,
      `tcp:${gateAddressInside}:${ports.ollama}=unix:${gateSocket(spec)}`,
      ...(spec.egress.mode === "allowlist"
        ? [`tcp:${egressAddressInside}:${ports.egressProxy}=unix:${egressSocket(spec)}`]
        : []),
    ],
    command,
  );
}
