import { chmod, lstat, mkdir } from "node:fs/promises";
import path from "node:path";

import { CodedError } from "@clawkeep/diagnostics";

import { segmentFolder } from "../snapshot/snapshot.ts";

/** Who may read an index besides the user who made it. */
export interface FolderModes {
  readonly folder: number;
  readonly file: number;
}

/** An index holds the text of files that may be private: nobody else reads it unless told so. */
export function folderModes(shared: boolean): FolderModes {
  return shared ? { folder: 0o755, file: 0o644 } : { folder: 0o700, file: 0o600 };
}

/**
 * Creates the index folder and its parts, and refuses one that somebody else laid out: each part
 * below the workspace must be a real folder of this user, because a cloned tree can bring a link
 * that points anywhere.
 *
 * @throws CodedError `INDEX_FOLDER`.
 */
export async function prepareFolder(
  workspace: string,
  folder: string,
  modes: FolderModes,
): Promise<void> {
  const inside = path.relative(workspace, folder);
  const below = inside !== "" && !inside.startsWith("..") && !path.isAbsolute(inside);
  const parts = below ? inside.split(path.sep) : [];
  const folders = parts.map((_, index) => path.join(workspace, ...parts.slice(0, index + 1)));
  if (!below) {
    await attempt(path.dirname(folder), () =>
      mkdir(path.dirname(folder), { recursive: true, mode: modes.folder }),
    );
    folders.push(folder);
  }
  folders.push(path.join(folder, segmentFolder));
  for (const part of folders) {
    await ownFolder(part, modes.folder);
  }
}

async function ownFolder(folder: string, mode: number): Promise<void> {
  const created = await attempt(folder, async () => {
    try {
      await mkdir(folder, { mode });
      return true;
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "EEXIST") {
        return false;
      }
      throw error;
    }
  });
  const status = await attempt(folder, () => lstat(folder));
  const foreign = process.geteuid !== undefined && status.uid !== process.geteuid();
  if (!status.isDirectory() || foreign) {
    throw new CodedError({
      code: "INDEX_FOLDER",
      message: `expected ${folder} to be a folder of this user, got ${describe(status.isSymbolicLink(), foreign)}`,
      hint: "remove it, or name another place with --index",
    });
  }
  const wrong = (status.mode & 0o777) !== mode;
  if (wrong && (created || mode === 0o755)) {
    // mkdir's mode goes through the umask. Whoever watches the workspace sees a needless one, too.
    await attempt(folder, () => chmod(folder, mode));
  }
}

function describe(link: boolean, foreign: boolean): string {
  return link ? "a symbolic link" : foreign ? "one of another user" : "something else";
}

async function attempt<T>(folder: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw new CodedError({
      code: "INDEX_FOLDER",
      message: `expected to create or use ${folder}, got: ${error instanceof Error ? error.message : String(error)}`,
      hint: "check its permissions and the free space, or name another place with --index",
      cause: error,
    });
  }
}
