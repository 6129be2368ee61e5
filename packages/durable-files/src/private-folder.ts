import type { Stats } from "node:fs";
import { chmod, lstat, mkdir, realpath } from "node:fs/promises";
import { dirname, resolve } from "node:path";

import { CodedError } from "@clawkeep/diagnostics";

/**
 * Makes sure that a folder is there which nobody but this uid can read or write: made with mode
 * 0700, parents included, or found so.
 *
 * An existing folder is never changed: one with other bits may already have been written to.
 *
 * @throws CodedError `FOLDER_IS_LINK`, `FOLDER_IS_NO_FOLDER`, `FOLDER_FOREIGN` (another owner),
 *   `FOLDER_NOT_PRIVATE` (open to group or others), `FOLDER_PARENT_OPEN` (a parent in which anybody
 *   could put another folder in its place)
 */
export async function ensurePrivateFolder(path: string): Promise<void> {
  const made = await mkdir(path, { recursive: true, mode: 0o700 });
  if (made !== undefined) {
    // The umask may have taken bits from the owner.
    await chmod(path, 0o700);
  }
  await checkPrivateFolder(path);
}

/**
 * Checks that a folder is as {@link ensurePrivateFolder} makes one, and throws as it does.
 * A folder that is not there is `ENOENT` of the file system.
 */
export async function checkPrivateFolder(path: string): Promise<void> {
  // A trailing slash would make lstat follow a link.
  const folder = resolve(path);
  const stats = await lstat(folder);
  if (stats.isSymbolicLink()) {
    throw refused("FOLDER_IS_LINK", folder, "a folder, got a symbolic link");
  }
  if (!stats.isDirectory()) {
    throw refused("FOLDER_IS_NO_FOLDER", folder, "a folder, got something else");
  }
  checkOwner(folder, stats);
  if ((stats.mode & 0o077) !== 0) {
    const mode = (stats.mode & 0o777).toString(8).padStart(4, "0");
    throw refused("FOLDER_NOT_PRIVATE", folder, `mode 0700, got ${mode}`, `chmod 700 '${folder}'`);
  }
  await checkParents(folder);
}

async function checkParents(folder: string): Promise<void> {
  let parent = dirname(await realpath(folder));
  for (;;) {
    const { mode } = await lstat(parent);
    // Sticky: others may write in it, and may not rename or remove what is ours (/tmp).
    if ((mode & 0o002) !== 0 && (mode & 0o1000) === 0) {
      throw refused(
        "FOLDER_PARENT_OPEN",
        folder,
        `parents that only their owners can change, got ${parent}, which anybody can`,
        `chmod o-w '${parent}'`,
      );
    }
    if (dirname(parent) === parent) {
      return;
    }
    parent = dirname(parent);
  }
}

function checkOwner(path: string, stats: Stats): void {
  const uid = process.geteuid?.();
  if (uid !== undefined && stats.uid !== uid) {
    throw refused("FOLDER_FOREIGN", path, `an owner with uid ${uid}, got uid ${stats.uid}`);
  }
}

function refused(code: string, path: string, expected: string, command?: string): CodedError {
  return new CodedError({
    code,
    message: `${path}: expected ${expected}`,
    hint:
      command === undefined
        ? "Name another place, or find out who made this one."
        : `If nobody else wrote here: ${command}`,
  });
}
