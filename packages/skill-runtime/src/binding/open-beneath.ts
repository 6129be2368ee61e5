import { randomBytes } from "node:crypto";
import { closeSync, constants, fstatSync, openSync, readlinkSync } from "node:fs";
import type { Stats } from "node:fs";
import path from "node:path";

/** `O_PATH` of `asm-generic/fcntl.h`, which Node does not name: no read right needed, never blocks. */
const O_PATH = 0o10000000;
/** `O_NOFOLLOW_ANY` of Darwin's `sys/fcntl.h`: refuses links in every part of a path. */
const darwinNoFollowAny = 0x2000_0000;

/** Why a path argument is not taken. */
export type PathFault = "absent" | "link" | "special" | "hard-link" | "outside" | "unreadable";

/** A file or folder that was opened below a root, or why not. */
export type OpenedPath =
  | { readonly fd: number; readonly kind: "file" | "folder"; readonly fault?: never }
  | { readonly fault: PathFault; readonly fd?: never };

/**
 * Opens what a relative path names below a root, part by part, each through the descriptor of the
 * folder before it, so that no exchange of a part while this runs leads elsewhere. Node has no
 * `openat2(RESOLVE_BENEATH)`; a path through `/proc/self/fd/N` is an `openat`. The descriptor is then
 * asked what it is and where it lies.
 *
 * Refused: a link in any part (it could lead anywhere, later if not now), a pipe, socket or device
 * (opening one can block or act), a file with a second name (it may be the name of a file outside),
 * and whatever no longer has that very path by the time that it is open (something on the way was moved).
 *
 * @param root Absolute and without links.
 * @param relative As `pathProblem` of the contract takes it: no `..`, no empty part.
 * @returns a descriptor that the caller closes
 */
export function openBeneath(root: string, relative: string): OpenedPath {
  const parts = relative === "." ? [] : relative.split("/");
  if (process.platform !== "linux") {
    return openWhole(root, parts);
  }
  let fd: number;
  try {
    fd = openSync(root, O_PATH | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  } catch (error) {
    return { fault: faultOf(error) };
  }
  if (placeOf(fd) !== root) {
    closeSync(fd);
    return { fault: "outside" };
  }
  let parent: number | undefined;
  try {
    for (const part of parts) {
      const status = fstatSync(fd);
      if (!status.isDirectory()) {
        closeSync(fd);
        return { fault: status.isSymbolicLink() ? "link" : "absent" };
      }
      if (parent !== undefined) closeSync(parent);
      parent = fd;
      fd = openSync(`/proc/self/fd/${parent}/${part}`, O_PATH | constants.O_NOFOLLOW);
    }
    // Exactly there, still: an unlinked name reads "… (deleted)", and its file may have been the one
    // of another name, outside, whose count of names is one again by now.
    const place = path.posix.join(root, ...parts);
    const folder = parent;
    return judge(fd, () => {
      if (folder !== undefined) awaitRename(folder);
      return placeOf(fd) === place && !place.endsWith(" (deleted)");
    });
  } catch (error) {
    return { fault: faultOf(error) };
  } finally {
    if (parent !== undefined) closeSync(parent);
  }
}

/**
 * Waits until a rename in a folder that has begun is done. Within one, the kernel lowers the count of
 * names of the file that is replaced before it takes the name from it; meanwhile a file with a second
 * name looks as if it had but this one. Looking up a name that nobody looked up before takes the
 * folder's lock, which the rename holds.
 */
function awaitRename(folder: number): void {
  try {
    closeSync(openSync(`/proc/self/fd/${folder}/.${randomBytes(12).toString("hex")}`, O_PATH));
  } catch {
    // There is none; it was looked for.
  }
}

/** Elsewhere the system itself refuses links in every part, when it opens the whole path. */
function openWhole(root: string, parts: readonly string[]): OpenedPath {
  const flags =
    constants.O_RDONLY |
    constants.O_NONBLOCK |
    (process.platform === "darwin" ? darwinNoFollowAny : constants.O_NOFOLLOW);
  try {
    return judge(openSync(path.join(root, ...parts), flags), () => true);
  } catch (error) {
    return { fault: faultOf(error) };
  }
}

function judge(fd: number, isInside: () => boolean): OpenedPath {
  const status = fstatSync(fd);
  const fault = faultIn(status) ?? (isInside() ? undefined : "outside");
  if (fault !== undefined) {
    closeSync(fd);
    return { fault };
  }
  return { fd, kind: status.isDirectory() ? "folder" : "file" };
}

function faultIn(status: Stats): PathFault | undefined {
  if (status.isSymbolicLink()) return "link";
  if (status.isDirectory()) return undefined;
  if (!status.isFile()) return "special";
  return status.nlink > 1 ? "hard-link" : undefined;
}

function placeOf(fd: number): string | undefined {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return undefined;
  }
}

function faultOf(error: unknown): PathFault {
  switch (error instanceof Error && "code" in error ? error.code : undefined) {
    case "ENOENT":
    case "ENOTDIR":
      return "absent";
    case "ELOOP":
      return "link";
    default:
      return "unreadable";
  }
}
