import { found } from "../check.ts";
import type { Check, Fault, Look, Repair } from "../check.ts";
import type { About, Host } from "../scene/host.ts";
import type { Scene } from "../scene/scene.ts";
import { word } from "./commands.ts";

/** A path that others must not open, and what it may be at most. */
interface Kept {
  readonly host: Host;
  readonly file: string;
  /** As a person names it. */
  readonly shown: string;
  readonly most: number;
}

/** Absolute, where a repair can find it. */
function placeOf(scene: Scene, { host, file }: Kept): string {
  return host === scene.inside ? `${scene.around.folder}${file}` : `${host.root}${file}`;
}

function tooOpen(scene: Scene, kept: readonly Kept[]): Look {
  if (!scene.around.judgesModes) return { notChecked: "modes are not judged here" };
  const faults = kept.flatMap((one): readonly Fault[] => {
    const about = one.host.about(one.file);
    if (about === undefined || about.kind === "link") return [];
    const mode = about.mode & 0o777;
    if ((mode & ~one.most) === 0) return [];
    const repair: Repair = { kind: "mode", path: placeOf(scene, one), mode: mode & one.most };
    const value = `mode ${octal(mode)}, at most ${octal(one.most)}`;
    return [
      {
        evidence: [{ file: one.shown, value }],
        fix: `chmod ${octal(mode & one.most)} ${word(one.host === scene.inside ? `${scene.around.shown}/${one.shown}` : one.shown)}`,
        ...(isOurs(scene, about) ? { repairs: [repair] } : {}),
      },
    ];
  });
  return found(faults);
}

const octal = (mode: number): string => mode.toString(8).padStart(4, "0");

/** A mode is changed only where it is ours to change. */
function isOurs({ around }: Scene, about: About): boolean {
  return around.uid === about.uid || around.uid === 0;
}

function inFolder(scene: Scene, name: string, most: number): Kept {
  return { host: scene.inside, file: `/${name}`, shown: name, most };
}

function onHost(host: Host | undefined, file: string | undefined, most: number): readonly Kept[] {
  return host === undefined || file === undefined ? [] : [{ host, file, shown: file, most }];
}

/** 4.1: "audit clean", and the whole machine reads it. */
export const configPermissions: Check = {
  id: "config-permissions",
  symptom: "`fs.config.perms_world_readable`: every user of the machine reads openclaw.json",
  cause: "openclaw.json has a mode beyond 0600",
  fix: "chmod 0600 openclaw.json",
  repair: "takes the bits away that are beyond 0600, where the file is yours",
  reads: "files",
  look: (scene) => {
    const own = scene.config === undefined ? [] : [inFolder(scene, scene.config.file, 0o600)];
    const kept = [...own, ...onHost(scene.host, scene.places.config, 0o600)];
    return kept.length === 0 ? { doesNotApply: "no openclaw.json" } : tooOpen(scene, kept);
  },
};

/** 4.1: modes of the state folder. */
export const statePermissions: Check = {
  id: "state-permissions",
  symptom: "`fs.state_dir.perms`: other users read sessions and credentials",
  cause: "the gateway's state folder has a mode beyond 0700",
  fix: "chmod 0700 the state folder",
  repair: "takes the bits away that are beyond 0700, where the folder is yours",
  reads: "host",
  look: (scene) => {
    if (scene.places.state === undefined) return { doesNotApply: "the state is in a volume" };
    const kept = onHost(scene.host, scene.places.state, 0o700);
    if (scene.host?.about(scene.places.state) === undefined)
      return { notChecked: `${scene.places.state} is not there yet` };
    return tooOpen(scene, kept);
  },
};

/** C13: a token that others read is none. */
export const secretPermissions: Check = {
  id: "secret-permissions",
  symptom: "other users of the machine can read a token or a key",
  cause: "a file of a secret has a mode beyond 0600, or its folder one beyond 0700",
  fix: "chmod 0600 the file, chmod 0700 its folder",
  repair: "takes those bits away, where the file is yours",
  reads: "files",
  look: (scene) => {
    const kept = [
      ...scene.secrets.map(({ host, file, path }): Kept => ({
        host,
        file,
        shown: path,
        most: 0o600,
      })),
      ...scene.secrets.map(({ host, file, path }): Kept => ({
        host,
        file: parentOf(file),
        shown: parentOf(path),
        most: 0o700,
      })),
    ].filter(({ file }, index, all) => all.findIndex((other) => other.file === file) === index);
    if (kept.every(({ host, file }) => host.about(file) === undefined))
      return { doesNotApply: "no secret lies here" };
    return tooOpen(scene, kept);
  },
};

const parentOf = (file: string): string => file.slice(0, Math.max(1, file.lastIndexOf("/")));

/** C13: `.env` of a compose project. */
export const environmentPermissions: Check = {
  id: "env-file-permissions",
  symptom: "other users of the machine can read `.env`",
  cause: "`.env` holds secrets and has a mode beyond 0600",
  fix: "chmod 0600 .env",
  repair: "takes the bits away that are beyond 0600, where the file is yours",
  reads: "files",
  look: (scene) => {
    if (!scene.files.some(({ path }) => path === ".env")) return { doesNotApply: "no .env" };
    return tooOpen(scene, [inFolder(scene, ".env", 0o600)]);
  },
};

/** 4.2: EACCES of a mount that is not the runtime user's. */
export const stateOwner: Check = {
  id: "state-not-writable",
  symptom:
    "`EACCES: permission denied, mkdir '/home/node/.openclaw'`, or a database that cannot be opened",
  cause: "the state folder does not belong to the uid that the gateway runs as",
  fix: "chown -R UID:GID the state folder",
  reads: "host",
  look: (scene) => {
    const { host, gateway, places, around } = scene;
    const uid = Number(
      gateway?.user.split(":")[0] === "" ? around.uid : (gateway?.user.split(":")[0] ?? around.uid),
    );
    const binds = (gateway?.form === "unit" ? [] : (gateway?.mounts ?? []))
      .filter(
        ({ kind, readOnly, source }) => kind === "bind" && !readOnly && source.startsWith("/"),
      )
      .map(({ source }) => source);
    const folders = [...(places.state === undefined ? [] : [places.state]), ...binds];
    if (host === undefined || folders.length === 0)
      return { doesNotApply: "the state is in a volume" };
    if (!Number.isInteger(uid))
      return { notChecked: `the uid of the user ${gateway?.user ?? ""} is not known here` };
    const there = folders.flatMap((folder) => {
      const about = host.about(folder);
      return about?.kind === "folder" ? [{ folder, about }] : [];
    });
    if (there.length === 0) return { notChecked: `${folders.join(", ")} is not there yet` };
    return found(
      there
        .filter(({ about }) => uid !== 0 && !mayWrite(about, uid))
        .map(({ folder, about }): Fault => ({
          evidence: [
            {
              file: folder,
              value: `owner ${about.uid}, mode ${octal(about.mode & 0o777)}; the gateway is ${uid}`,
            },
          ],
          fix: `sudo chown -R ${uid}:${uid} ${word(`${host.root}${folder}`)}`,
        })),
    );
  },
};

function mayWrite({ uid: owner, mode }: About, uid: number): boolean {
  return owner === uid ? (mode & 0o300) === 0o300 : (mode & 0o003) === 0o003;
}
