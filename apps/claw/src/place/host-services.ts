import path from "node:path";

import type { ServiceDefinition, ServiceFolder } from "@clawkeep/provision";
import { configFolder, servicesOf, socketFolder } from "@clawkeep/provision-plan";
import type { DeploymentSpec, Service } from "@clawkeep/provision-plan";

import { secretsOf, storeOf } from "./deployment.ts";
import { thisPlace } from "./render-place.ts";

/**
 * The parts of a deployment whose gateway is a system unit, kept by our own supervisor: each with the user, folders,
 * secrets and limits that its unit has. In the order of start.
 *
 * @param folder Where the deployment's files lie.
 */
export function hostServices(spec: DeploymentSpec, folder: string): readonly ServiceDefinition[] {
  const services = servicesOf(spec, thisPlace());
  const gateway = services.find(({ role }) => role === "gateway");
  return services.map((service) => ({
    ...commonDefinition(service, spec),
    account: { uid: service.uid, gid: service.gid, groups: [] },
    folders: [
      stateFolder(service),
      ...(service.role === "skills" ? [meetingFolder(service, gateway, spec)] : []),
      ...(service.role === "gateway"
        ? [rootFolder(configFolder(spec, thisPlace())), rootFolder("/run/credentials")]
        : []),
    ],
    ...(service.role === "gateway"
      ? {
          credentials: secretsOf(spec, folder).map(({ name, path: source }) => ({
            source,
            target: path.join(spec.profile.secrets.replaceAll("NAME", spec.name), name),
          })),
        }
      : {}),
  }));
}

/** What every process of a deployment has, whoever runs it. */
export function commonDefinition(service: Service, spec: DeploymentSpec): ServiceDefinition {
  const [program = "", ...args] = service.command;
  return {
    name: service.role,
    folder: path.join(storeOf(spec.name), "run"),
    program,
    args,
    environment: { ...service.environment, PATH: "/usr/local/bin:/usr/bin:/bin" },
    cwd: service.state,
    stopMs: service.stopSeconds * 1000,
    restartMs: 1000,
    limits: { memoryMb: service.memoryMb, processes: service.processes },
  };
}

/** A folder that only its service reads. */
export function stateFolder({ state, uid, gid }: Service): ServiceFolder {
  return { path: state, mode: 0o700, uid, gid };
}

/** A folder in which the gateway finds the skills service's socket, and may change nothing. */
export function meetingFolder(
  { uid, gid }: Service,
  gateway: Service | undefined,
  spec: DeploymentSpec,
): ServiceFolder {
  return { path: socketFolder(spec), mode: 0o750, uid, gid: gateway?.gid ?? gid };
}

/** A folder of root's on the way to what others may read. */
export function rootFolder(at: string): ServiceFolder {
  return { path: at, mode: 0o711, uid: 0, gid: 0 };
}
