import { mkdtempSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";

/** Who made a folder: a process that runs, one that is gone, or one that cannot be seen from here. */
export type FolderOwner = "alive" | "dead" | "unknown";

/**
 * Makes a folder, mode 0700, whose name says which process made it, so that {@link folderOwner} can
 * tell after a kill that nobody needs it any more. Synchronous: a file or two of `/proc` are read, once.
 *
 * @param prefix Before the mark; without `-`.
 */
export function makeOwnedFolder(parent: string, prefix: string): string {
  return mkdtempSync(join(parent, `${prefix}-${processMark()}-`));
}

/**
 * Whether the process that made a folder is still there. A pid alone is given to another process
 * sooner or later: start, pid namespace and boot are part of the name. What another machine or
 * another container made is `unknown`, and so is a name of another form.
 *
 * @param name The folder's name, without its parent.
 */
export function folderOwner(name: string): FolderOwner {
  const mark = /^[^-]+-([0-9a-f.]+)-[A-Za-z0-9]{6}$/u.exec(name)?.[1];
  return mark === undefined ? "unknown" : markOwner(mark);
}

/**
 * Whether the process that {@link processMark} gave this mark is still there.
 *
 * @returns `unknown` for a process of another machine, boot or container, and for no mark at all
 */
export function markOwner(mark: string): FolderOwner {
  const parts = /^([0-9]+)\.([0-9]+)\.([0-9]+)\.([0-9a-f]+)$/u.exec(mark);
  const here = surroundings();
  if (parts === null || here === undefined) return "unknown";
  const [, pid, ticks, namespace, boot] = parts;
  if (namespace !== here.namespace || boot !== here.boot) return "unknown";
  return startOf(Number(pid)) === ticks ? "alive" : "dead";
}

let known: string | undefined;

/** This process, told from all others of this machine: `pid.start.namespace.boot`. */
export function processMark(): string {
  known ??= markThisProcess();
  return known;
}

function markThisProcess(): string {
  const here = surroundings();
  const ticks = startOf(process.pid);
  return here === undefined || ticks === undefined
    ? `${process.pid}.0.0.0`
    : `${process.pid}.${ticks}.${here.namespace}.${here.boot}`;
}

function surroundings(): { readonly namespace: string; readonly boot: string } | undefined {
  try {
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "latin1").slice(0, 8);
    const namespace = /[0-9]+/u.exec(readlinkSync("/proc/self/ns/pid"))?.[0];
    return namespace === undefined ? undefined : { namespace, boot };
  } catch {
    return undefined;
  }
}

/** proc(5): the start in clock ticks since boot is field 22; a zombie holds nothing any more. */
function startOf(pid: number): string | undefined {
  try {
    const status = readFileSync(`/proc/${pid}/stat`, "latin1");
    const fields = status.slice(status.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" ? undefined : fields[19];
  } catch {
    return undefined;
  }
}
