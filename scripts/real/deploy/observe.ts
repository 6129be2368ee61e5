import { createHash } from "node:crypto";
import { existsSync, lstatSync, readFileSync, readdirSync, readlinkSync, rmdirSync } from "node:fs";
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
  const found: Record<string, string> = {};
  for (const folder of folders) {
    if (!existsSync(folder)) continue;
    for (const name of [
      "",
      ...readdirSync(folder, { recursive: true, encoding: "utf8" }),
    ].toSorted()) {
      const at = path.join(folder, name);
      if (skip(at)) continue;
      const about = lstatSync(at);
      const { mode, uid, gid, ino, mtimeMs, ctimeMs } = about;
      // A lock that comes and goes is seen in its folder's time; a file that comes is seen by itself.
      const times = about.isDirectory() ? [] : [mtimeMs, ctimeMs];
      found[at] = [mode, uid, gid, ino, ...times].join(" ");
    }
  }
  return found;
}

/** Every file under folders with owner, mode and bytes: the same before and after what was undone. */
export function bytesOf(
  folders: readonly string[],
  skip: (at: string) => boolean = () => false,
): Readonly<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const folder of folders) {
    if (!existsSync(folder)) continue;
    for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" }).toSorted()) {
      const at = path.join(folder, name);
      const about = lstatSync(at);
      if (!about.isFile() || skip(at)) continue;
      const digest = createHash("sha256").update(readFileSync(at)).digest("hex");
      found[at] = `${about.uid}:${about.gid} ${(about.mode & 0o7777).toString(8)} ${digest}`;
    }
  }
  return found;
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
