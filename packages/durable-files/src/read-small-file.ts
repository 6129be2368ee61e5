import { closeSync, constants, fstatSync, openSync, readFileSync } from "node:fs";

import { CodedError } from "@clawkeep/diagnostics";

/** What a file may have that is read on the thread that asks. */
const maxSmallBytes = 16 * 1024 * 1024;

/**
 * Reads a small file on this thread. A promise of the same bytes takes four turns through the thread
 * pool, which cost some thirty times what reading costs: 0.33 ms against 0.01 ms.
 *
 * @returns `undefined` when there is no such file.
 * @throws CodedError `FILE_NOT_REGULAR`, `FILE_TOO_LARGE`; what the file system throws
 */
export function readSmallFile(path: string): Buffer | undefined {
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") {
      return undefined;
    }
    throw error;
  }
  try {
    const stats = fstatSync(fd);
    if (!stats.isFile()) {
      throw new CodedError({
        code: "FILE_NOT_REGULAR",
        message: `${path}: expected a regular file, got something else`,
      });
    }
    if (stats.size > maxSmallBytes) {
      throw new CodedError({
        code: "FILE_TOO_LARGE",
        message: `${path}: expected at most ${maxSmallBytes} bytes, got ${stats.size}`,
      });
    }
    return readFileSync(fd);
  } finally {
    closeSync(fd);
  }
}
