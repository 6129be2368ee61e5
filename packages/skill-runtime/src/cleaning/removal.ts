import { randomBytes } from "node:crypto";
import { chmod, lstat, readdir, rename, rm } from "node:fs/promises";
import path from "node:path";

/** What kind of thing of a state folder may go. */
export type RemovalKind =
  | "artifact"
  | "background-run"
  | "closure"
  | "interpreter"
  | "scratch"
  | "temporary";

/** One thing that was removed, or would be. */
export interface Removal {
  readonly kind: RemovalKind;
  /** Absolute. */
  readonly path: string;
  /** Sizes of all files in it, as the file system gives them. */
  readonly bytes: number;
  readonly why: string;
}

/** The name that a folder has while it is being removed: the next cleaning goes on with it. */
export const temporaryName: RegExp = /^\.[0-9a-f]{16}\.tmp$/u;

/**
 * Removes a file or folder. A folder is renamed first, so that a kill in between leaves nothing that
 * looks whole. Links are removed, never followed.
 *
 * @param mayGo Asked once more when the folder has its new name: with `false` it gets its old one back.
 * @returns false when it was gone, or has been put back
 */
export async function removeWhole(
  at: string,
  mayGo: (renamed: string) => Promise<boolean> = async () => true,
): Promise<boolean> {
  const renamed = path.join(path.dirname(at), `.${randomBytes(8).toString("hex")}.tmp`);
  try {
    await rename(at, renamed);
  } catch (error) {
    if (isAbsent(error)) return false;
    throw error;
  }
  if (!(await mayGo(renamed))) {
    await rename(renamed, at);
    return false;
  }
  await removeTree(renamed);
  return true;
}

/** Removes a tree even when a program took away its own right to write in it. */
export async function removeTree(at: string): Promise<void> {
  try {
    await rm(at, { recursive: true, force: true });
  } catch {
    await openFolders(at);
    await rm(at, { recursive: true, force: true });
  }
}

async function openFolders(at: string): Promise<void> {
  const status = await lstat(at).catch(() => undefined);
  if (status?.isDirectory() !== true) return;
  await chmod(at, 0o700);
  for (const name of await readdir(at)) await openFolders(path.join(at, name));
}

/** Sizes of all files of a tree; what cannot be read counts nothing, links count themselves. */
export async function bytesIn(at: string): Promise<number> {
  const status = await lstat(at).catch(() => undefined);
  if (status === undefined) return 0;
  if (!status.isDirectory()) return status.size;
  let bytes = 0;
  for (const name of await readdir(at).catch(() => [])) bytes += await bytesIn(path.join(at, name));
  return bytes;
}

/** Names in a folder, sorted; none when there is no such folder. */
export async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return (await readdir(folder)).sort();
  } catch (error) {
    if (isAbsent(error)) return [];
    throw error;
  }
}

function isAbsent(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}
