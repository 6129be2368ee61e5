import { ollamaEnvironment } from "../ollama/environment.ts";
import { egressVariables } from "../openclaw/egress-proxy.ts";
import { gateAddress, gateName, ollamaAddress } from "../openclaw/ollama-address.ts";
import { modelsOf } from "../openclaw/render-models.ts";
import { folderOf } from "../openclaw/render-place.ts";
import type { RenderPlace } from "../openclaw/render-place.ts";
import { portsOf } from "../profiles/ports.ts";
import type { DeploymentSpec } from "../spec/deployment-spec.ts";
import { accountOf, rolesOf } from "./accounts.ts";
import type { Role } from "./accounts.ts";

/** One process of a deployment. Compose files, units and Quadlets are all written from this. */
export interface Service {
  readonly role: Role;
  readonly about: string;
  /** Program and arguments, without a shell. The gateway's port is in openclaw.json and nowhere else. */
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly uid: number;
  readonly gid: number;
  /** Folder that it writes and keeps. */
  readonly state: string;
  /** Asked from inside, without a shell; exit code 0 is healthy. */
  readonly health: readonly string[];
  readonly memoryMb: number;
  readonly cpus: number;
  readonly processes: number;
  readonly stopSeconds: number;
}

/** Folder in which the skills service and the gateway meet. */
export function socketFolder(spec: DeploymentSpec): string {
  return `/run/claw-${spec.name}`;
}

/** Folder of configuration as its readers see it. */
export function configFolder(spec: DeploymentSpec, place: RenderPlace): string {
  const { gateway } = spec.profile;
  if (gateway === "container") return "/etc/claw";
  if (gateway === "system-unit") return `/etc/claw-${spec.name}`;
  return `${place.home}/.config/claw-${spec.name}`;
}

/** The processes of a deployment, in the order of start. */
export function servicesOf(spec: DeploymentSpec, place: RenderPlace): readonly Service[] {
  const start: readonly Role[] = ["ollama", "ollama-gate", "egress", "skills", "gateway"];
  const roles = rolesOf(spec);
  return start.filter((role) => roles.includes(role)).map((role) => serviceOf(role, spec, place));
}

/** Those of them whose user is the deployment's: not a gateway that runs as a person. */
export function servicesWithAccounts(spec: DeploymentSpec, place: RenderPlace): readonly Service[] {
  const { gateway } = spec.profile;
  const isPersonal = gateway === "process" || gateway === "user-unit";
  return servicesOf(spec, place).filter(
    ({ role, uid }) => uid >= place.skillsUid && !(isPersonal && role === "gateway"),
  );
}

function serviceOf(role: Role, spec: DeploymentSpec, place: RenderPlace): Service {
  const id = accountOf(role, spec, place);
  const user =
    role === "gateway" && spec.profile.gateway !== "container" ? ofUser(spec, place) : undefined;
  return {
    role,
    about: abouts[role],
    uid: user?.uid ?? id,
    gid: user?.gid ?? (role === "skills" ? meetingGroup(spec, place) : id),
    ...(role === "gateway" ? gateway(spec, place) : helper(role, spec, place)),
  };
}

const abouts: Readonly<Record<Role, string>> = {
  gateway: "OpenClaw's gateway",
  skills: "skills service of Clawkeep",
  "ollama-gate": "proxy in front of Ollama",
  ollama: "Ollama",
  egress: "proxy to the hosts that are allowed",
};

type Part = Omit<Service, "role" | "about" | "uid" | "gid">;

function ofUser(spec: DeploymentSpec, place: RenderPlace): RenderPlace["user"] {
  const { gateway } = spec.profile;
  return gateway === "process" || gateway === "user-unit" ? place.user : undefined;
}

function gateway(spec: DeploymentSpec, place: RenderPlace): Part {
  const { profile, limits } = spec;
  const state = folderOf(profile.state, spec, place);
  const heapMb = Math.max(768, Math.floor(limits.memoryMb * 0.75));
  return {
    command: [`${programs(spec, place)}/openclaw`, "gateway", "run"],
    environment: {
      HOME: state,
      ...egressVariables(spec),
      NO_COLOR: "1",
      NODE_OPTIONS: `--max-old-space-size=${heapMb}`,
      OPENCLAW_CONFIG_PATH: `${configFolder(spec, place)}/openclaw.json`,
      OPENCLAW_CONFIG_READONLY: "1",
      OPENCLAW_STATE_DIR: state,
    },
    state,
    health: answers(`http://127.0.0.1:${spec.gateway.port}/healthz`),
    memoryMb: limits.memoryMb,
    cpus: limits.cpus,
    processes: limits.processes,
    stopSeconds: spec.gateway.stopSeconds,
  };
}

function helper(role: Exclude<Role, "gateway">, spec: DeploymentSpec, place: RenderPlace): Part {
  const inContainer = spec.profile.gateway === "container";
  const folder = programs(spec, place);
  const common = { cpus: spec.limits.cpus, processes: 256, stopSeconds: 30 };
  const state = `/var/lib/claw-${spec.name}-${role}`;
  const home = { HOME: state };
  if (role === "ollama") {
    return {
      ...common,
      command: [inContainer ? "/usr/bin/ollama" : `${folder}/ollama`, "serve"],
      environment: { ...home, OLLAMA_MODELS: `${state}/models`, ...ollamaEnvironment(spec) },
      state,
      health: [inContainer ? "/usr/bin/ollama" : `${folder}/ollama`, "list"],
      memoryMb: 16_384,
    };
  }
  if (role === "egress") {
    const config = inContainer ? "/etc/claw/squid.conf" : `/etc/claw-${spec.name}/squid.conf`;
    return {
      ...common,
      command: ["/usr/sbin/squid", "-N", "-f", config],
      environment: home,
      state,
      health: ["bash", "-c", `exec 3<>/dev/tcp/127.0.0.1/${portsOf(spec).egressProxy}`],
      memoryMb: 256,
    };
  }
  if (role === "skills") {
    const socket = `${socketFolder(spec)}/skills.sock`;
    return {
      ...common,
      command: [
        `${folder}/clawkeep-skill`,
        "serve",
        "--workspace",
        `${state}/workspace`,
        "--socket",
        socket,
        "--group",
        String(meetingGroup(spec, place)),
      ],
      environment: { ...home, CLAWKEEP_HOME: `${state}/clawkeep` },
      state,
      health: connects(socket),
      memoryMb: 1024,
    };
  }
  const { port } = new URL(gateAddress(spec));
  const isAlone = inContainer && spec.profile.ollama !== "same-container";
  return {
    ...common,
    command: [
      `${folder}/claw`,
      "ollama-gate",
      "--listen",
      `${isAlone ? "0.0.0.0" : "127.0.0.1"}:${port}`,
      "--upstream",
      ollamaAddress(spec),
      ...(isAlone ? ["--host", gateName] : []),
      "--model",
      ...modelsOf(spec)
        .filter((ref) => ref.startsWith("ollama/"))
        .map((ref) => ref.slice("ollama/".length)),
    ],
    environment: home,
    state,
    health: answers(`http://127.0.0.1:${port}/api/version`),
    memoryMb: 256,
  };
}

/**
 * The gateway's group, which the skills service runs with: a manager gives the folder of the socket to user and group of
 * whoever makes it, and only members can give the socket to a group. What the service keeps is closed to groups.
 */
function meetingGroup(spec: DeploymentSpec, place: RenderPlace): number {
  const personal = spec.profile.gateway === "user-unit" ? place.user?.gid : undefined;
  return personal ?? accountOf("gateway", spec, place);
}

/** Programs lie together; where, the place knows by one of them. */
function programs(spec: DeploymentSpec, place: RenderPlace): string {
  if (spec.profile.gateway === "container") return "/usr/local/bin";
  return place.skillProgram.slice(0, place.skillProgram.lastIndexOf("/"));
}

function answers(url: string): readonly string[] {
  const ask = `fetch(${JSON.stringify(url)}).then((a)=>process.exit(a.ok?0:1),()=>process.exit(1))`;
  return ["/usr/local/bin/node", "-e", ask];
}

function connects(socket: string): readonly string[] {
  const ask = `require("node:net").connect(${JSON.stringify(socket)}).on("connect",()=>process.exit(0)).on("error",()=>process.exit(1))`;
  return ["/usr/local/bin/node", "-e", ask];
}
