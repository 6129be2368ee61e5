import { constants } from "node:fs";
import { lstat, open } from "node:fs/promises";
import { join } from "node:path";

import { CodedError } from "@clawkeep/diagnostics";
import { replaceFile } from "@clawkeep/durable-files";

/**
 * Writes a file directly in a skill folder in one step (temporary file, then rename). The folder is
 * opened once, not through a link, and everything happens below that descriptor; a target that is a
 * link, has a second name or is no file stays as it is.
 *
 * @throws CodedError WRITE_REFUSED, or FILE_NOT_REPLACED
 */
export async function writeInside(folder: string, name: string, text: string): Promise<void> {
  const flags = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;
  const handle = await open(folder, flags).catch((cause: unknown) => {
    throw refuse(folder, "expected a folder that is not a link", cause);
  });
  try {
    // macOS has no such path; there the folder's own name must do.
    const descriptor = `/proc/self/fd/${handle.fd}`;
    const base = process.platform === "linux" ? descriptor : folder;
    const path = join(base, name);
    const stat = await lstat(path).catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return undefined;
      throw error;
    });
    if (stat !== undefined && (!stat.isFile() || stat.nlink > 1)) {
      const got = stat.isSymbolicLink()
        ? "a link"
        : stat.isFile()
          ? "one with a second name"
          : "none";
      throw refuse(join(folder, name), `expected a file of its own, got ${got}`);
    }
    await replaceFile(path, text, { mode: stat === undefined ? 0o644 : stat.mode & 0o777 });
  } finally {
    await handle.close();
  }
}

function refuse(path: string, message: string, cause?: unknown): CodedError {
  return new CodedError({
    code: "WRITE_REFUSED",
    message: `${path}: ${message}`,
    hint: "Nothing was written. Put the file itself there: links are never followed.",
    ...(cause === undefined ? {} : { cause }),
  });
}
