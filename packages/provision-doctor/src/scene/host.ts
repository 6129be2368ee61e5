import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readSync,
  readdirSync,
  realpathSync,
} from "node:fs";
import type { Stats } from "node:fs";
import path from "node:path";

/** What lies at a path, itself and not what it leads to. */
export interface About {
  readonly kind: "file" | "folder" | "link" | "socket" | "fifo" | "device";
  /** The nine permission bits and the three above them. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  /** Milliseconds since 1970. */
  readonly changedMs: number;
}

/** A file as text, or why there is none. */
export type FileText =
  | { readonly text: string; readonly about: About; readonly isCut: boolean }
  | { readonly text: undefined; readonly why: "absent" | "denied" | "odd" | "huge" };

/** Larger than anything that a deployment needs. */
const mostBytes = 1024 * 1024;

/** A file system that is examined: this machine's, or one in a folder. Links are never followed in the last part. */
export interface Host {
  /** Before each absolute path; empty for this machine. */
  readonly root: string;
  read(file: string, options?: { readonly end?: number }): FileText;
  about(file: string): About | undefined;
  /** Sorted; none where there is no folder that can be listed. */
  names(folder: string): readonly string[];
}

/** @param root Folder that stands for `/`; empty for this machine's own. */
export function hostAt(root: string): Host {
  const place = (file: string): string => (root === "" ? file : path.join(root, file));
  return {
    root,
    read: (file, options = {}) =>
      staysIn(root, place(file)) ? readText(place(file), options) : odd,
    about: (file) => (staysIn(root, place(file)) ? aboutOf(place(file)) : undefined),
    names: (folder) => (staysIn(root, path.join(place(folder), "x")) ? namesIn(place(folder)) : []),
  };
}

const odd: FileText = { text: undefined, why: "odd" };

/** A link on the way must not lead out of the folder that stands for `/`. */
function staysIn(root: string, file: string): boolean {
  if (root === "") return true;
  try {
    const inside = realpathSync(root);
    const parent = realpathSync(path.dirname(file));
    return parent === inside || parent.startsWith(`${inside}/`);
  } catch {
    return true;
  }
}

/** Reads through a descriptor that was looked at: a pipe cannot make it wait, a link cannot lead it away. */
function readText(file: string, { end }: { readonly end?: number }): FileText {
  let fd: number;
  try {
    fd = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return { text: undefined, why: "absent" };
    return { text: undefined, why: code === "EACCES" || code === "EPERM" ? "denied" : "odd" };
  }
  try {
    const stats = fstatSync(fd);
    if (!stats.isFile()) return odd;
    if (end === undefined && stats.size > mostBytes) return { text: undefined, why: "huge" };
    const most = end ?? mostBytes;
    const start = end === undefined ? 0 : Math.max(0, stats.size - end);
    // A file of /proc says that it has no bytes, so that it is read until nothing comes.
    const bytes = Buffer.allocUnsafe(most);
    let length = 0;
    for (let got = -1; got !== 0 && length < most; length += got) {
      got = readSync(fd, bytes, length, most - length, stats.size === 0 ? null : start + length);
    }
    const text = bytes.toString("utf8", 0, length);
    return { text, about: aboutStats(stats), isCut: start > 0 };
  } catch {
    return { text: undefined, why: "denied" };
  } finally {
    closeSync(fd);
  }
}

function aboutOf(file: string): About | undefined {
  try {
    return aboutStats(lstatSync(file));
  } catch {
    return undefined;
  }
}

function aboutStats(stats: Stats): About {
  const { mode, uid, gid, size } = stats;
  return { kind: kindOf(stats), mode: mode & 0o7777, uid, gid, size, changedMs: stats.mtimeMs };
}

function kindOf(stats: Stats): About["kind"] {
  if (stats.isFile()) return "file";
  if (stats.isDirectory()) return "folder";
  if (stats.isSymbolicLink()) return "link";
  if (stats.isSocket()) return "socket";
  return stats.isFIFO() ? "fifo" : "device";
}

function namesIn(folder: string): readonly string[] {
  try {
    const about = lstatSync(folder);
    return about.isDirectory() ? readdirSync(folder).toSorted() : [];
  } catch {
    return [];
  }
}
