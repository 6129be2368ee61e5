import { createHash } from "node:crypto";
import { existsSync, lstatSync, readFileSync, readdirSync, readlinkSync, rmdirSync } from "node:fs";
import type { Stats } from "node:fs";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";

/** A process of a service, as the kernel sees it. */
export interface SeenProcess {
  readonly pid: number;
  readonly command: string;
  readonly uid: number;
  readonly gid: number;
  /** Supplementary groups. */
  readonly groups: readonly number[];
  readonly capabilities: string;
  readonly noNewPrivileges: boolean;
  /** Ids of namespaces by kind. */
  readonly namespaces: Readonly<Record<string, string>>;
  readonly mounts: string;
}

/** Every process that a supervisor marked, by the name of its service. */
export function seenServices(): ReadonlyMap<string, readonly SeenProcess[]> {
  const found = new Map<string, SeenProcess[]>();
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/u.test(name))) {
    const name = /\0CLAWKEEP_SERVICE=[^\0]*\/([a-z-]+)\.lock\0/u.exec(
      `\0${textOf(`/proc/${pid}/environ`)}`,
    )?.[1];
    const status = textOf(`/proc/${pid}/status`);
    if (name === undefined || status === "") continue;
    const field = (key: string): string =>
      new RegExp(`^${key}:\\s+(\\S+)`, "mu").exec(status)?.[1] ?? "";
    const one: SeenProcess = {
      pid: Number(pid),
      command: textOf(`/proc/${pid}/cmdline`).replaceAll("\0", " ").trim(),
      uid: Number(field("Uid")),
      gid: Number(field("Gid")),
      groups: (/^Groups:(.*)$/mu.exec(status)?.[1]?.match(/\d+/gu) ?? []).map(Number),
      capabilities: field("CapEff"),
      noNewPrivileges: field("NoNewPrivs") === "1",
      namespaces: Object.fromEntries(
        ["mnt", "pid", "net", "ipc"].map((kind) => [kind, linkOf(`/proc/${pid}/ns/${kind}`)]),
      ),
      mounts: textOf(`/proc/${pid}/mounts`),
    };
    found.set(name, [...(found.get(name) ?? []), one]);
  }
  return found;
}

/** Bytes that a service may take by its control group, which is named after it; 0 when there is none. */
export function memoryLimit(service: string): number {
  for (const base of ["/sys/fs/cgroup/memory", "/sys/fs/cgroup"]) {
    for (const name of namesIn(base)) {
      if (!name.startsWith("claw-") || !name.endsWith(`-${service}`)) continue;
      const folder = path.join(base, name);
      const text = textOf(`${folder}/memory.limit_in_bytes`) || textOf(`${folder}/memory.max`);
      if (textOf(`${folder}/cgroup.procs`) !== "") return Number(text);
    }
  }
  return 0;
}

/**
 * Removes the control groups that services had, and says which are still in use after half a minute. Those in which
 * something runs are not of this stage, whose processes have all ended: it may run twice on one machine.
 */
export async function removeControlGroups(): Promise<readonly string[]> {
  let left = removeUnused();
  // The kernel lets go of processes that it killed one after the other.
  for (let tries = 0; left.length > 0 && tries < 60; tries += 1) {
    await pause(500);
    left = removeUnused();
  }
  return left;
}

function removeUnused(): readonly string[] {
  return ["/sys/fs/cgroup/memory", "/sys/fs/cgroup/pids", "/sys/fs/cgroup"]
    .flatMap((base) => namesIn(base).map((name) => path.join(base, name)))
    .filter((folder) => /\/claw-[0-9a-f]{12}-/u.test(folder) && !runsAnything(folder))
    .filter((folder) => {
      try {
        rmdirSync(folder);
        return false;
      } catch {
        return existsSync(folder);
      }
    });
}

function runsAnything(group: string): boolean {
  const pids = textOf(path.join(group, "cgroup.procs")).split("\n");
  return pids.some((pid) => pid !== "" && !/^(?:$|.*\) [ZX])/su.test(textOf(`/proc/${pid}/stat`)));
}

/** Everything under folders: mode, owner, inode, times of change. */
export function stateOf(
  folders: readonly string[],
  skip: (at: string) => boolean = () => false,
): Readonly<Record<string, string>> {
  return everythingIn(folders, skip, (about) => {
    const { mode, uid, gid, ino, mtimeMs, ctimeMs } = about;
    // A lock that comes and goes is seen in its folder's time; a file that comes is seen by itself.
    const times = about.isDirectory() ? [] : [mtimeMs, ctimeMs];
    return [mode, uid, gid, ino, ...times].join(" ");
  });
}

/** Every file under folders with owner, mode and bytes: the same before and after what was undone. */
export function bytesOf(
  folders: readonly string[],
  skip: (at: string) => boolean = () => false,
): Readonly<Record<string, string>> {
  return everythingIn(folders, skip, (about, at) => {
    if (!about.isFile()) return undefined;
    const digest = createHash("sha256").update(readFileSync(at)).digest("hex");
    return `${about.uid}:${about.gid} ${(about.mode & 0o7777).toString(8)} ${digest}`;
  });
}

/** What is said of each thing below folders and of themselves, by its path. Folders that are not there hold nothing. */
function everythingIn(
  folders: readonly string[],
  skip: (at: string) => boolean,
  say: (about: Stats, at: string) => string | undefined,
): Readonly<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const folder of folders) {
    if (!existsSync(folder)) continue;
    const names = readdirSync(folder, { recursive: true, encoding: "utf8" });
    for (const at of ["", ...names].map((name) => path.join(folder, name)).toSorted()) {
      const said = skip(at) ? undefined : say(lstatSync(at), at);
      if (said !== undefined) found[at] = said;
    }
  }
  return found;
}

/** Where something listens for TCP in this network, as address and port: not in the cages, whose networks are theirs. */
export function listeners(): readonly string[] {
  return ["tcp", "tcp6"].flatMap((name) =>
    textOf(`/proc/net/${name}`)
      .split("\n")
      .slice(1)
      .map((line) => line.trim().split(/\s+/u))
      .filter(([, , , state]) => state === "0A")
      .map(([, local = ""]) => addressOf(local)),
  );
}

/** `0100007F:4965` as the kernel writes it: four bytes at a time, in the order of this machine. */
function addressOf(local: string): string {
  const [hex = "", port = ""] = local.split(":");
  const bytes = (hex.match(/.{8}/gu) ?? []).flatMap((word) =>
    (word.match(/../gu) ?? []).toReversed().map((byte) => Number.parseInt(byte, 16)),
  );
  const isMapped = bytes.slice(0, 12).join() === "0,0,0,0,0,0,0,0,0,0,255,255";
  const isLoopback6 = bytes.join() === "0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,1";
  const address =
    bytes.length === 4 || isMapped
      ? bytes.slice(-4).join(".")
      : isLoopback6
        ? "[::1]"
        : `[${Buffer.from(bytes).toString("hex")}]`;
  return `${address}:${Number.parseInt(port, 16)}`;
}

function namesIn(folder: string): readonly string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
}

function textOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

function linkOf(file: string): string {
  try {
    return readlinkSync(file);
  } catch {
    return "";
  }
}
