import { accessSync, constants, readFileSync } from "node:fs";
import path from "node:path";

/** Folders of the control group file system in which this process may make groups for its runs. */
export interface CgroupPlace {
  readonly version: 1 | 2;
  /** One folder a controller; with version 2 they are the same. */
  readonly memory: string;
  readonly processes: string;
  readonly cpu: string;
}

/** Where this process is told about its groups and their mounts. For tests. */
export interface CgroupFiles {
  readonly groups: string;
  readonly mounts: string;
}

const ownFiles: CgroupFiles = { groups: "/proc/self/cgroup", mounts: "/proc/self/mountinfo" };

interface Mounted {
  readonly folder: string;
  /** The group that the mount shows as its root. */
  readonly root: string;
  readonly kind: string;
  readonly options: readonly string[];
}

/**
 * Looks for a place where memory, processes and processor time of a run can be limited together:
 * version 2 first, in this process's own group or one above it that hands the controllers on and was
 * given to this user (as systemd does with `Delegate=`), then version 1. Says why there is none.
 */
export function findCgroupPlace(files: CgroupFiles = ownFiles): CgroupPlace | { why: string } {
  let groups: string;
  let mounts: readonly Mounted[];
  try {
    groups = readFileSync(files.groups, "utf8");
    mounts = readFileSync(files.mounts, "utf8").split("\n").flatMap(parseMount);
  } catch {
    return { why: "this system tells nothing of control groups" };
  }
  return (
    unified(groups, mounts) ??
    separate(groups, mounts) ?? {
      why: "no control group with the controllers for memory and processes can be written",
    }
  );
}

/** One line of proc_pid_mountinfo(5). */
function parseMount(line: string): readonly Mounted[] {
  const [before = "", after] = line.split(" - ");
  const [, , , root, folder] = before.split(" ");
  const [kind = "", , options = ""] = after?.split(" ") ?? [];
  return root === undefined || folder === undefined || !kind.startsWith("cgroup")
    ? []
    : [{ root, folder, kind, options: options.split(",") }];
}

function unified(groups: string, mounts: readonly Mounted[]): CgroupPlace | undefined {
  const own = /^0::(\/.*)$/mu.exec(groups)?.[1];
  const mount = mounts.find(({ kind }) => kind === "cgroup2");
  const start = own === undefined || mount === undefined ? undefined : folderOf(own, mount);
  if (start === undefined || mount === undefined) {
    return undefined;
  }
  for (let at = start; ; at = path.dirname(at)) {
    const handedOn = read(path.join(at, "cgroup.subtree_control")).split(/\s+/u);
    const enough = handedOn.includes("memory") && handedOn.includes("pids");
    // Who moves a process must be able to write in the group above both its old and its new one.
    if (enough && isWritable(at) && isWritable(path.join(at, "cgroup.procs"))) {
      return { version: 2, memory: at, processes: at, cpu: at };
    }
    if (at === mount.folder) {
      return undefined;
    }
  }
}

function separate(groups: string, mounts: readonly Mounted[]): CgroupPlace | undefined {
  const find = (controller: string): string | undefined => {
    const mount = mounts.find(
      ({ kind, options }) => kind === "cgroup" && options.includes(controller),
    );
    const own = groups
      .split("\n")
      .map((line) => /^\d+:([^:]*):(\/.*)$/u.exec(line))
      .find((match) => match?.[1]?.split(",").includes(controller) === true)?.[2];
    const folder = own === undefined || mount === undefined ? undefined : folderOf(own, mount);
    return folder !== undefined && isWritable(folder) ? folder : undefined;
  };
  const [memory, processes, cpu] = [find("memory"), find("pids"), find("cpuacct")];
  return memory === undefined || processes === undefined || cpu === undefined
    ? undefined
    : { version: 1, memory, processes, cpu };
}

/** `undefined` when the mount shows another part of the tree. */
function folderOf(group: string, { root, folder }: Mounted): string | undefined {
  const below = path.posix.relative(root, group);
  return below.startsWith("..") ? undefined : path.join(folder, below);
}

function isWritable(at: string): boolean {
  try {
    accessSync(at, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
