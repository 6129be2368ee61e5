import { constants } from "node:fs";
import { open } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";

import { CodedError } from "@clawkeep/diagnostics";

/**
 * Opens a file for reading, refusing links and special files. Whose it is does not matter.
 *
 * @throws CodedError `FILE_NOT_REGULAR`; `ENOENT` … of the file system
 */
export async function openRegularFile(path: string): Promise<FileHandle> {
  let handle: FileHandle;
  try {
    // O_NONBLOCK: a FIFO would otherwise hang the open.
    handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "ELOOP") {
      throw cause;
    }
    throw refused("FILE_NOT_REGULAR", path, "a file, got a symbolic link");
  }
  try {
    if (!(await handle.stat()).isFile()) {
      throw refused("FILE_NOT_REGULAR", path, "a regular file, got something else");
    }
    return handle;
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/**
 * Opens a file that only this uid may read or write, such as a key.
 *
 * @throws CodedError `FILE_NOT_REGULAR`, `FILE_FOREIGN` (another owner), `FILE_NOT_PRIVATE` (open
 *   to group or others); `ENOENT` … of the file system
 */
export async function openOwnFile(path: string): Promise<FileHandle> {
  const handle = await openRegularFile(path);
  try {
    const stats = await handle.stat();
    const uid = process.geteuid?.();
    if (uid !== undefined && stats.uid !== uid) {
      throw refused("FILE_FOREIGN", path, `an owner with uid ${uid}, got uid ${stats.uid}`);
    }
    if ((stats.mode & 0o077) !== 0) {
      const mode = (stats.mode & 0o777).toString(8).padStart(4, "0");
      throw refused("FILE_NOT_PRIVATE", path, `mode 0600, got ${mode}`);
    }
    return handle;
  } catch (error) {
    await handle.close();
    throw error;
  }
}

function refused(code: string, path: string, expected: string): CodedError {
  return new CodedError({
    code,
    message: `${path}: expected ${expected}`,
    hint: "Find out who made or changed it; what it holds may be known to others.",
  });
}
