import path from "node:path";

import { CodedError } from "@clawkeep/diagnostics";

import { askedOnce } from "../network/asked-once.ts";
import type { Live } from "../network/live.ts";
import { composeFile } from "./compose-file.ts";
import type { ComposeFile } from "./compose-file.ts";
import { at, configFile, entriesOf } from "./config-file.ts";
import type { ConfigFile } from "./config-file.ts";
import { hostAt } from "./host.ts";
import type { About, Host } from "./host.ts";
import type { Service } from "./service.ts";
import { unitService } from "./unit-file.ts";

/** Who examines what. Everything that a library may not ask the process for. */
export interface Surroundings {
  /** Absolute. */
  readonly folder: string;
  /** As it was named: what commands to type say. */
  readonly shown: string;
  /** Folder that stands for `/` of the host; empty for this machine. */
  readonly root: string;
  readonly home: string;
  /** Uid of whoever examines: what is his may be repaired. */
  readonly uid: number;
  /** Where `claw apply` keeps its history; undefined where that is not to be read. */
  readonly stateHome: string | undefined;
  /** Undefined where only files of the deployment are to be read. */
  readonly host: "read" | undefined;
  /** Undefined where nothing is to be asked. */
  readonly live: Live | undefined;
  /** A log that was named besides the one that is known. */
  readonly log?: string;
  /** Whether modes of files are judged: those of a copy say nothing of what was copied. */
  readonly judgesModes: boolean;
  /** Whether a loaded model may be asked to call a tool: that can take minutes. */
  readonly asksModel: boolean;
}

/** One file of the deployment as text. */
export interface ReadFile {
  readonly path: string;
  readonly text: string;
  readonly about: About;
}

/** Something that lies where a file belongs, and is not read. */
export interface OddFile {
  readonly path: string;
  readonly what: "link" | "socket" | "fifo" | "device" | "folder" | "huge" | "denied";
}

/** A file that holds a secret. Its text stays in the check that compares it. */
export interface SecretFile {
  readonly name: string;
  /** As a person would name it. */
  readonly path: string;
  readonly host: Host;
  /** The path in that host. */
  readonly file: string;
}

/** A deployment, read once, and what is around it. */
export interface Scene {
  readonly around: Surroundings;
  /** The deployment's folder as a file system of its own: nothing in it leads out of it. */
  readonly inside: Host;
  readonly files: readonly ReadFile[];
  readonly odd: readonly OddFile[];
  readonly config: ConfigFile | undefined;
  readonly compose: ComposeFile | undefined;
  readonly services: readonly Service[];
  readonly gateway: Service | undefined;
  readonly form: "containers" | "quadlet" | "units" | "process";
  /** Name of the deployment; empty where no file says it. */
  readonly name: string;
  readonly host: Host | undefined;
  readonly live: Live | undefined;
  /** Port of the gateway on this host. */
  readonly port: number;
  /** Paths of the host; undefined where they are a container's. */
  readonly places: {
    readonly config: string | undefined;
    readonly state: string | undefined;
    readonly workspace: string | undefined;
  };
  readonly secrets: readonly SecretFile[];
  /** Whether `claw apply` was here, and not only `claw render`. */
  readonly isApplied: boolean;
}

/** Folders in which something of a deployment can lie. `secrets` is none: nothing there is read as text. */
const folders: readonly string[] =
  "config units quadlet nftables iptables sysusers sysctl launchd".split(" ");
const known =
  /^(?:\.env|[^/]*compose[^/]*\.ya?ml|Dockerfile|Modelfile(?:\..+)?|openclaw\.json|ufw\.rules|Caddyfile|ssh_config|EXPOSED\.md|[a-z]+\/[^/]+)$/u;
/** More than any deployment has; the rest of a folder that was filled up is not read. */
const mostFiles = 200;

/**
 * Reads a deployment. Nothing is followed, waited for or read beyond a bound.
 *
 * @throws CodedError `DOCTOR_NOTHING` for a folder without a file of a deployment
 */
export function openScene(around: Surroundings): Scene {
  const inside = hostAt(around.folder);
  const { files, odd } = readFiles(inside);
  if (files.length + odd.length === 0) {
    throw new CodedError({
      code: "DOCTOR_NOTHING",
      message: `expected files of a deployment in ${around.shown}, got none`,
      hint: "claw render --out FOLDER writes them; --folder FOLDER says where they are.",
    });
  }
  const text = files.find(
    (one) => one.path === "config/openclaw.json" || one.path === "openclaw.json",
  );
  const config = text === undefined ? undefined : configFile(text.path, text.text, text.about);
  const main = files.find(({ path: name }) => /^(?:docker-)?compose\.ya?ml$/u.test(name));
  const compose = main === undefined ? undefined : composeFile(main.path, main.text);
  const units = files
    .filter(({ path: name }) => /^units\/[^/]+\.service$|^quadlet\/[^/]+\.container$/u.test(name))
    .map((one) => unitService(one.path, one.text));
  const services = [...(compose?.services ?? []), ...units];
  const gateway = services.find(({ role }) => role === "gateway");
  const form = formOf(gateway, compose);
  const name = nameOf(config, gateway, compose);
  const places = placesOf(form, name, config, gateway, around);
  const host = around.host === undefined ? undefined : hostAt(around.root);
  const secrets = secretsOf(config, inside, host);
  const isApplied =
    inside.about("/secrets")?.kind === "folder" ||
    (form === "process" && places.config !== undefined && host?.about(places.config) !== undefined);
  return {
    around,
    inside,
    files,
    odd,
    config,
    compose,
    services,
    gateway,
    form,
    name,
    host,
    live: around.live === undefined ? undefined : askedOnce(around.live),
    port:
      gateway?.ports.find((one) => one.host !== undefined)?.host ?? listenPort({ config, gateway }),
    places,
    secrets,
    isApplied,
  };
}

function readFiles(inside: Host): Pick<Scene, "files" | "odd"> {
  const names = [
    ...inside.names("/"),
    ...folders.flatMap((folder) => inside.names(`/${folder}`).map((name) => `${folder}/${name}`)),
  ];
  const files: ReadFile[] = [];
  const odd: OddFile[] = [];
  for (const name of names) {
    const about = inside.about(`/${name}`);
    if (about === undefined) continue;
    const isFolder = folders.includes(name) || name === "secrets";
    if (isFolder && about.kind !== "folder") odd.push({ path: name, what: "link" });
    if (isFolder || !known.test(name) || files.length >= mostFiles) continue;
    const read = inside.read(`/${name}`);
    if (read.text !== undefined) files.push({ path: name, text: read.text, about: read.about });
    else if (about.kind !== "file") odd.push({ path: name, what: about.kind });
    else if (read.why === "huge" || read.why === "denied") odd.push({ path: name, what: read.why });
  }
  return { files, odd };
}

function formOf(gateway: Service | undefined, compose: ComposeFile | undefined): Scene["form"] {
  if (gateway?.form === "quadlet") return "quadlet";
  if (gateway?.form === "unit") return "units";
  return gateway?.form === "compose" || compose !== undefined ? "containers" : "process";
}

function nameOf(
  config: ConfigFile | undefined,
  gateway: Service | undefined,
  compose: ComposeFile | undefined,
): string {
  const workspace = at(config?.config, "agents", "defaults", "workspace");
  const state = /\/\.openclaw-([a-z0-9-]+)(?:\/|$)/u.exec(String(workspace))?.[1];
  const unit = /^claw-(.+)-gateway$/u.exec(gateway?.name ?? "")?.[1];
  return unit ?? /^claw-(.+)$/u.exec(compose?.project ?? "")?.[1] ?? state ?? "";
}

function placesOf(
  form: Scene["form"],
  name: string,
  config: ConfigFile | undefined,
  gateway: Service | undefined,
  around: Surroundings,
): Scene["places"] {
  if (form === "containers" || form === "quadlet") {
    return { config: undefined, state: undefined, workspace: undefined };
  }
  const workspace = at(config?.config, "agents", "defaults", "workspace");
  const folder = typeof workspace === "string" && workspace.startsWith("/") ? workspace : undefined;
  const { OPENCLAW_CONFIG_PATH: file, OPENCLAW_STATE_DIR: state } = gateway?.environment ?? {};
  return {
    config: file ?? (name === "" ? undefined : `${around.home}/.config/claw-${name}/openclaw.json`),
    state: state ?? (folder === undefined ? undefined : path.dirname(folder)),
    workspace: folder,
  };
}

function secretsOf(
  config: ConfigFile | undefined,
  inside: Host,
  host: Host | undefined,
): readonly SecretFile[] {
  return entriesOf(at(config?.config, "secrets", "providers")).flatMap(
    ([name, one]): readonly SecretFile[] => {
      const file = at(one, "path");
      if (at(one, "source") !== "file" || typeof file !== "string" || !/^[\w.-]+$/u.test(name))
        return [];
      if (file.startsWith("/run/")) {
        return [{ name, path: `secrets/${name}`, host: inside, file: `/secrets/${name}` }];
      }
      return host === undefined ? [] : [{ name, path: file, host, file }];
    },
  );
}

/** The port on which the gateway listens, wherever it runs: a flag wins over its configuration. */
export function listenPort({ config, gateway }: Pick<Scene, "config" | "gateway">): number {
  const flag = /--port[= ]([0-9]+)/u.exec(gateway?.command.join(" ") ?? "")?.[1];
  const own = flag === undefined ? at(config?.config, "gateway", "port") : Number(flag);
  return typeof own === "number" && Number.isInteger(own) ? own : 18_789;
}
