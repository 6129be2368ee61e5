import { lstat, readdir } from "node:fs/promises";
import { join } from "node:path";

import { pathProblem, secretsFolder } from "./manifest.ts";

/** Folders of the state that are left out; what it says of them. */
export type LeftFolders = Readonly<Record<string, string>>;

/** A file of the state. */
export interface StateFile {
  readonly path: string;
  readonly mode: number;
  readonly size: number;
}

/** Every regular file below a folder, sorted; links, sockets and secrets are left out and said. */
export async function listState(
  folder: string,
  leave: LeftFolders = {},
): Promise<{ readonly files: readonly StateFile[]; readonly left: readonly string[] }> {
  const files: StateFile[] = [];
  const left: string[] = [];
  const waiting = [""];
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    const entries = await readdir(join(folder, at), { withFileTypes: true });
    for (const entry of entries) {
      const path = at === "" ? entry.name : `${at}/${entry.name}`;
      if (path === secretsFolder) left.push(`${path}: secrets are in no backup`);
      else if (Object.hasOwn(leave, path)) left.push(`${path}: ${leave[path]}`);
      else if (entry.isDirectory()) waiting.push(path);
      else if (!entry.isFile())
        left.push(`${path}: ${entry.isSymbolicLink() ? "a link" : "no regular file"}`);
      else if (pathProblem(path) !== undefined) left.push(`${path}: ${pathProblem(path)}`);
      else {
        const { mode, size } = await lstat(join(folder, path));
        files.push({ path, mode: mode & 0o777, size });
      }
    }
  }
  return { files: files.toSorted((a, b) => (a.path < b.path ? -1 : 1)), left: left.toSorted() };
}
