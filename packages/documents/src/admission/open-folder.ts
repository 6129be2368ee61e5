import {
  closeSync,
  constants,
  fstatSync,
  openSync,
  readdirSync,
  readlinkSync,
  realpathSync,
} from "node:fs";
import type { Dirent } from "node:fs";

import { CodedError } from "@clawkeep/diagnostics";

import { secretFolder } from "./secret-names.ts";

/**
 * A folder held open. Node has no `openat`; on Linux a path through `/proc/self/fd/N` is one: it
 * names the folder that was opened, whatever the folder's path leads to by now. Elsewhere the
 * children are named by their full path, and {@link noFollow} refuses a link in any part of it.
 */
export interface OpenFolder {
  readonly fd: number;
  /** Path to reach a child by, from the name of the child. */
  readonly child: (name: string) => string;
  /** What `readdir` is called with. */
  readonly self: string;
}

/** The root of a walk: its children must still be inside it once they are open. */
export interface RootFolder extends OpenFolder {
  /** Owner of the folder. */
  readonly uid: number;
  /** True when an open descriptor's own path is inside the root as it lies now. */
  readonly holds: (fd: number) => boolean;
  /** True when a path without links in it is inside the root as it lies now. */
  readonly contains: (path: Buffer) => boolean;
}

/** `O_NOFOLLOW_ANY` of Darwin's `sys/fcntl.h`: refuses links in every part of a path. */
const darwinNoFollowAny = 0x2000_0000;

/** Flags that refuse a link where a file or folder was expected. */
export const noFollow: number =
  process.platform === "darwin" ? darwinNoFollowAny : constants.O_NOFOLLOW;

const folderFlags = constants.O_RDONLY | constants.O_DIRECTORY;

/**
 * Opens the folder that a person named. Links in that name are resolved once, here.
 * @throws CodedError DOCUMENT_ROOT when it is missing, not a folder, unreadable, or a folder of secrets.
 */
export function openRoot(root: string): RootFolder {
  let real: string;
  let fd: number;
  try {
    real = realpathSync.native(root);
    fd = openSync(real, folderFlags | noFollow);
  } catch (cause) {
    throw new CodedError({
      code: "DOCUMENT_ROOT",
      message: `expected a folder that can be read, got ${root} (${errorCode(cause)})`,
      hint: "Name an existing folder that this user may read.",
      cause,
    });
  }
  const secret = real
    .split("/")
    .map(secretFolder)
    .find((found) => found?.silent === false);
  if (secret !== undefined) {
    closeSync(fd);
    throw new CodedError({
      code: "DOCUMENT_ROOT",
      message: `expected a folder of documents, got ${root}, which holds ${secret.reason}`,
      hint: "Such folders are never indexed; copy the documents elsewhere.",
    });
  }
  const uid = fstatSync(fd).uid;
  const anchored = process.platform !== "darwin";
  if (anchored && descriptorPath(fd) === undefined) {
    closeSync(fd);
    throw new CodedError({
      code: "DOCUMENT_ROOT",
      message: `expected /proc/self/fd, got none: without it ${root} cannot be read safely`,
      hint: "Mount /proc where the indexer runs.",
    });
  }
  const place = (): Buffer | undefined => (anchored ? descriptorPath(fd) : Buffer.from(real));
  return {
    ...folderAt(fd, real, anchored),
    uid,
    contains: (path) => isInside(path, place()),
    // Darwin refused links in every part of the path when it opened the file.
    holds: (child) => !anchored || isInside(descriptorPath(child), place()),
  };
}

/** Opens a folder inside an open one, never through a link. Throws the system's error. */
export function openChildFolder(parent: OpenFolder, name: string): OpenFolder {
  const path = parent.child(name);
  const fd = openSync(path, folderFlags | noFollow);
  return folderAt(fd, path, parent.self.startsWith(procPrefix));
}

/** Lists a folder with names as bytes: a name need not be UTF-8. */
export function listFolder(folder: OpenFolder): Dirent<Buffer>[] {
  return readdirSync(folder.self, { encoding: "buffer", withFileTypes: true });
}

/** Device, inode and time of birth: an inode's number is given again, with another time. */
export function folderIdentity({ fd }: OpenFolder): string {
  const { dev, ino, birthtimeNs } = fstatSync(fd, { bigint: true });
  return [dev, ino, birthtimeNs].join(":");
}

/** The system's name of an error, such as `EACCES`. */
export function errorCode(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "unknown";
}

const procPrefix = "/proc/self/fd/";

function folderAt(fd: number, path: string, anchored: boolean): OpenFolder {
  const self = anchored ? `${procPrefix}${fd}` : path;
  const base = self === "/" ? "" : self;
  return { fd, self, child: (name) => `${base}/${name}` };
}

function descriptorPath(fd: number): Buffer | undefined {
  try {
    return readlinkSync(`${procPrefix}${fd}`, { encoding: "buffer" });
  } catch {
    return undefined;
  }
}

function isInside(path: Buffer | undefined, root: Buffer | undefined): boolean {
  if (path === undefined || root === undefined) {
    return false;
  }
  const prefix = root.equals(Buffer.from("/")) ? root : Buffer.concat([root, Buffer.from("/")]);
  return path.length > prefix.length && path.subarray(0, prefix.length).equals(prefix);
}
