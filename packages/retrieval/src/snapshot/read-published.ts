import { closeSync, constants, fstatSync, openSync, readFileSync } from "node:fs";

/**
 * The text of a file of an index folder. Such a folder may come from anybody: what was planted in the
 * file's place must neither hang the reader nor fill its memory.
 *
 * @returns undefined when there is none.
 * @throws what the file system throws; an Error for what is no regular file of at most `largest` bytes.
 */
export function readPublished(file: string, largest: number): string | undefined {
  try {
    // O_NONBLOCK: a FIFO would be waited for.
    const descriptor = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const status = fstatSync(descriptor);
      if (!status.isFile() || status.size > largest) {
        throw new Error(`not a regular file of at most ${largest} bytes`);
      }
      return readFileSync(descriptor, "utf8");
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    if (
      error instanceof Error &&
      "code" in error &&
      (error.code === "ENOENT" || error.code === "ENOTDIR")
    ) {
      return undefined;
    }
    throw error;
  }
}
