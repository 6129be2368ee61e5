import { CodedError } from "@clawkeep/diagnostics";
import { ensurePrivateFolder, makeOwnedFolder } from "@clawkeep/durable-files";
import type { Action } from "@clawkeep/skill-format";
import { constants } from "node:fs";
import { chmod, copyFile, cp, lstat, mkdir, readdir, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import type { OpenArgument } from "../binding/confine-paths.ts";
import type { ResolvedRoot } from "../binding/resolve-roots.ts";

/** Copies of roots that can be thrown away. */
export interface ThrowAwayCopy {
  /** Folders by root's name, as a request names them. */
  readonly roots: Readonly<Record<string, string>>;
  /** Files that were left out: pipes, sockets and devices. */
  readonly leftOut: number;
  remove(): Promise<void>;
}

/** A root with more is not copied: whoever replays is told, and can name a smaller one. */
const maxBytes: number = 2 ** 31;
const maxFiles: number = 200_000;

/**
 * Copies the roots of an action into a private folder, below the state folder if it can be, so that the program
 * can change nothing that lasts. Links are copied as links. Of a root with `show: named` only what
 * path arguments name is copied, from the descriptors that were checked. What the runtime itself
 * provides is shown and not copied: it is read-only, and beside a log lies its key.
 *
 * @param named Folders that the caller named for roots.
 * @throws CodedError `REPLAY_COPY_TOO_LARGE`, `REPLAY_COPY_FAILED`; nothing is left then
 */
export async function throwAwayCopy(
  home: string,
  action: Action,
  roots: readonly ResolvedRoot[],
  paths: readonly OpenArgument[],
  named: Readonly<Record<string, string>>,
): Promise<ThrowAwayCopy> {
  const folder = await makeFolder(home, roots);
  const remove = async (): Promise<void> => removeTree(folder);
  const copier = new Copier();
  const copies: [string, string][] = [];
  try {
    for (const { name, source } of roots) {
      const spec = action.roots[name];
      if (spec?.provided !== undefined) {
        // What nobody named is provided again.
        if (Object.hasOwn(named, name) || spec.default !== undefined) copies.push([name, source]);
        continue;
      }
      const target = path.join(folder, name);
      await mkdir(target, { mode: 0o700 });
      if (spec?.show === "named") {
        for (const one of paths.filter(({ root }) => root === name)) {
          await copier.copyOpen(one, path.join(target, one.path));
        }
      } else {
        await copier.copyFolder(source, target);
      }
      copies.push([name, target]);
    }
  } catch (cause) {
    await remove();
    if (cause instanceof CodedError) throw cause;
    throw new CodedError({
      code: "REPLAY_COPY_FAILED",
      message: `expected to copy the roots, got: ${cause instanceof Error ? cause.message : String(cause)}`,
      cause,
    });
  }
  return { roots: Object.fromEntries(copies), leftOut: copier.leftOut, remove };
}

/**
 * A private folder, below the state folder unless that lies in a root: no folder is copied into itself.
 * Its name says whose it is, so that `clean` finds what a killed process left.
 */
async function makeFolder(home: string, roots: readonly ResolvedRoot[]): Promise<string> {
  const parent = path.join(home, "scratch");
  await ensurePrivateFolder(parent);
  const real = await realpath(parent);
  return roots.some(({ source }) => `${real}/`.startsWith(`${source}/`))
    ? makeOwnedFolder(tmpdir(), "clawkeep_replay")
    : makeOwnedFolder(parent, "replay");
}

class Copier {
  leftOut: number = 0;
  #files: number = 0;
  #bytes: number = 0;

  async copyFolder(source: string, target: string): Promise<void> {
    await cp(source, target, {
      recursive: true,
      verbatimSymlinks: true,
      preserveTimestamps: true,
      mode: constants.COPYFILE_FICLONE,
      filter: async (file) => this.#takes(file),
    });
  }

  /** By the descriptor: the path could lead elsewhere by now. */
  async copyOpen({ fd, path: relative }: OpenArgument, target: string): Promise<void> {
    const source = `/proc/self/fd/${fd}/.`;
    if (relative === "." || (await isFolder(source))) {
      return this.copyFolder(source, target);
    }
    await mkdir(path.dirname(target), { recursive: true, mode: 0o700 });
    await copyFile(`/proc/self/fd/${fd}`, target, constants.COPYFILE_FICLONE);
  }

  async #takes(file: string): Promise<boolean> {
    const status = await lstat(file);
    if (!status.isFile() && !status.isDirectory() && !status.isSymbolicLink()) {
      this.leftOut += 1;
      return false;
    }
    this.#files += 1;
    this.#bytes += status.isFile() ? status.size : 0;
    if (this.#files > maxFiles || this.#bytes > maxBytes) {
      throw new CodedError({
        code: "REPLAY_COPY_TOO_LARGE",
        message: `expected roots of at most ${maxFiles} files and ${maxBytes} bytes to copy, got more`,
        hint: "name a smaller folder for the root, such as a part of it",
      });
    }
    return true;
  }
}

async function isFolder(at: string): Promise<boolean> {
  try {
    return (await lstat(at)).isDirectory();
  } catch {
    return false;
  }
}

/**
 * Folders that were copied without the right to write in them stand in the way, so they are opened first:
 * an `rm` that fails leaves removals under way behind it.
 */
async function removeTree(folder: string): Promise<void> {
  await openFolders(folder);
  await rm(folder, { recursive: true, force: true, maxRetries: 3 });
}

async function openFolders(folder: string): Promise<void> {
  await chmod(folder, 0o700);
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) await openFolders(path.join(folder, entry.name));
  }
}
