import { lstat } from "node:fs/promises";
import { basename } from "node:path";

import { logPaths } from "./log-paths.ts";
import { regularSegments } from "./segments.ts";

/**
 * Names of the files of a log that whoever may read the records may see: records, head and public key.
 * The private key, the lock and whatever else lies in the folder are not among them. Only regular
 * files that are there.
 */
export async function publicLogFiles(folder: string): Promise<readonly string[]> {
  const { headOne, slots, verifier } = logPaths(folder);
  const there = await Promise.all(
    [headOne, ...slots, verifier].map(async (path) => {
      const stats = await lstat(path).catch(() => undefined);
      return stats?.isFile() === true ? [basename(path)] : [];
    }),
  );
  return [...(await regularSegments(folder)), ...there.flat()];
}
