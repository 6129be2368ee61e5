import { markOwner } from "@clawkeep/durable-files";

import { found } from "../check.ts";
import type { Check, Fault } from "../check.ts";
import { at, listOf, entriesOf } from "../scene/config-file.ts";
import type { Host } from "../scene/host.ts";
import { hostAt } from "../scene/host.ts";
import type { Scene } from "../scene/scene.ts";
import { word } from "./commands.ts";

/** A temporary file lives for milliseconds: one that is a minute old was left by a kill. */
const oldMs = 60_000;

/** Folder of what `claw apply` keeps of this deployment; undefined where it is not to be read. */
export function storeOf({ around, name, host }: Scene): string | undefined {
  return around.stateHome === undefined || name === "" || host === undefined || around.root !== ""
    ? undefined
    : `${around.stateHome}/deployments/${name}`;
}

/** Hostile things where files belong. */
export const oddFiles: Check = {
  id: "deployment-odd-file",
  symptom: "a command stops, waits, or reads something else than the deployment",
  cause:
    "a link, a pipe, a socket, a folder or a huge file lies where a file of the deployment belongs",
  fix: "look at it, and move it away",
  reads: "files",
  look: (scene) =>
    found(
      scene.odd.map(({ path, what }): Fault => ({
        evidence: [{ file: path, value: what }],
        fix: `ls -ld ${word(`${scene.around.shown}/${path}`)}  # then move it away and: claw apply deploy.yaml --folder ${word(scene.around.shown)}`,
      })),
    ),
};

/** What a kill left. */
export const staleTemporary: Check = {
  id: "stale-temporary",
  symptom: "files such as .openclaw.json.0123456789ab.tmp lie about",
  cause: "a program was killed between writing a file and renaming it",
  fix: "rm FILE",
  repair: "removes temporaries of ours that are a minute old",
  reads: "files",
  look: (scene) => {
    const { around, inside, host, places } = scene;
    const folders: readonly (readonly [Host, string, string])[] = [
      ...["/", "/config", "/units", "/secrets"].map(
        (folder) => [inside, folder, around.folder] as const,
      ),
      ...(host === undefined || places.config === undefined
        ? []
        : [[host, places.config.slice(0, places.config.lastIndexOf("/")), host.root] as const]),
    ];
    return found(
      folders.flatMap(([where, folder, base]) =>
        where.names(folder).flatMap((name): readonly Fault[] => {
          const file = `${folder === "/" ? "" : folder}/${name}`;
          const about = /^\..+\.[0-9a-f]{12}\.tmp$/u.test(name) ? where.about(file) : undefined;
          if (about?.kind !== "file" || Date.now() - about.changedMs < oldMs) return [];
          const shown = where === inside ? file.slice(1) : file;
          return [
            {
              evidence: [{ file: shown, value: `${about.size} bytes` }],
              fix: `rm ${word(where === inside ? `${around.shown}/${shown}` : file)}`,
              repairs: [{ kind: "remove", what: "file", path: `${base}${file}` }],
            },
          ];
        }),
      ),
    );
  },
};

/** What a kill of apply left. */
export const interruptedApply: Check = {
  id: "apply-interrupted",
  symptom: "some files of the deployment are new and some are old",
  cause: "an apply was killed: its journal is still there",
  fix: "claw apply deploy.yaml  # undoes it first",
  reads: "host",
  look: (scene) => {
    const store = storeOf(scene);
    if (store === undefined)
      return { notChecked: "the history of this deployment is not read here" };
    const about = hostAt("").about(`${store}/journal.json`);
    if (about === undefined) return found([]);
    return found([
      {
        evidence: [{ file: `${store}/journal.json`, value: `${about.size} bytes` }],
        fix: `claw apply deploy.yaml --folder ${word(scene.around.shown)}`,
      },
    ]);
  },
};

/** A supervisor that was killed. */
export const staleSupervisor: Check = {
  id: "stale-supervisor",
  symptom: "the gateway counts as started, and nothing keeps it running",
  cause: "the supervisor was killed: its mark names a process that is gone",
  fix: "claw apply deploy.yaml --start",
  repair: "removes the mark of a process that is gone",
  reads: "host",
  look: (scene) => {
    const store = storeOf(scene);
    if (store === undefined)
      return { notChecked: "the history of this deployment is not read here" };
    const file = `${store}/run/gateway.supervisor`;
    const read = hostAt("").read(file);
    if (read.text === undefined) return { doesNotApply: "no supervisor of ours was started" };
    if (markOwner(read.text.trim()) !== "dead") return found([]);
    return found([
      {
        evidence: [{ file, value: `process ${read.text.split(".")[0] ?? ""} is gone` }],
        fix: `claw apply deploy.yaml --folder ${word(scene.around.shown)} --start`,
        repairs: [{ kind: "remove", what: "file", path: file }],
      },
    ]);
  },
};

/** A socket that nobody listens at. */
export const staleSocket: Check = {
  id: "stale-socket",
  symptom: "`ECONNREFUSED …/skills.sock`: no skill is offered",
  cause: "the skills service was killed, and its socket is still there",
  fix: "rm the socket, and start the service",
  repair: "removes a socket at which nobody listens",
  reads: "live",
  look: async (scene) => {
    const sockets = entriesOf(at(scene.config?.config, "mcp", "servers")).flatMap(([, one]) =>
      listOf(at(one, "args")).filter(
        (arg): arg is string => typeof arg === "string" && /^\/.*\.sock$/u.test(arg),
      ),
    );
    const { host, live } = scene;
    if (sockets.length === 0) return { doesNotApply: "skills are asked by no socket" };
    if (scene.form === "containers" || scene.form === "quadlet")
      return { notChecked: "the socket is in a volume of containers" };
    if (host === undefined || live === undefined)
      return { notChecked: "sockets of this machine are not asked" };
    const faults: Fault[] = [];
    for (const path of sockets) {
      if (host.about(path)?.kind !== "socket" || (await live.connects(path))) continue;
      faults.push({
        evidence: [{ file: path, value: "nobody listens" }],
        fix: `rm ${word(path)} && sudo systemctl restart ${word(`claw-${scene.name}-skills.service`)}`,
        repairs: [{ kind: "remove", what: "socket", path }],
      });
    }
    return found(faults);
  },
};

/** A folder that is mounted and is not there. */
export const missingFolder: Check = {
  id: "folder-missing",
  symptom: "`bind source path does not exist`, or a process that does not start in its folder",
  cause: "a folder that a container mounts, or that the gateway starts in, is not there",
  fix: "mkdir -m 0700 the folder",
  repair: "makes the folder, mode 0700, where its parent is there",
  reads: "files",
  look: (scene) => {
    const { gateway, inside, around, host } = scene;
    const mounted = (gateway?.form === "compose" ? gateway.mounts : [])
      .filter(({ kind, source }) => kind === "bind" && /^\.\/[\w.-]+(?:\/[\w.-]+)*$/u.test(source))
      .map(({ source }) => source.slice(1))
      .filter((folder) => inside.about(folder) === undefined)
      .map((folder): Fault => ({
        evidence: [{ file: folder.slice(1), value: "missing" }],
        fix: `mkdir -m 0700 ${word(`${around.shown}${folder}`)}`,
        repairs: [{ kind: "folder", path: `${around.folder}${folder}`, mode: 0o700 }],
      }));
    const state = scene.form === "process" && scene.isApplied ? scene.places.state : undefined;
    const isGone = state !== undefined && host !== undefined && host.about(state) === undefined;
    const own: readonly Fault[] = isGone
      ? [
          {
            evidence: [{ file: state, value: "missing" }],
            fix: `mkdir -m 0700 ${word(state)}`,
            repairs: [{ kind: "folder", path: `${host.root}${state}`, mode: 0o700 }],
          },
        ]
      : [];
    return found([...mounted, ...own]);
  },
};

/** What the gateway reads is not what lies here. */
export const installedDiffers: Check = {
  id: "installed-config-differs",
  symptom: "a change of the spec changes nothing",
  cause: "the openclaw.json that the gateway reads is not the one of this folder",
  fix: "claw apply deploy.yaml --dry-run  # shows who changed it",
  reads: "host",
  look: (scene) => {
    const { host, places, config } = scene;
    if (host === undefined || places.config === undefined || config === undefined)
      return { doesNotApply: "the configuration is mounted from here" };
    const read = host.read(places.config);
    if (read.text === undefined) return { notChecked: `${places.config}: ${read.why}` };
    if (read.text === config.text) return found([]);
    return found([
      {
        evidence: [{ file: places.config, value: `another text than ${config.file}` }],
        fix: `claw apply deploy.yaml --folder ${word(scene.around.shown)} --dry-run`,
      },
    ]);
  },
};
