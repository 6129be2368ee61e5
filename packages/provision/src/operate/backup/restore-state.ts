import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { chown, copyFile, lstat, mkdir, open, readdir, rename, rm, statfs } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

import { CodedError } from "@clawkeep/diagnostics";
import { syncFolder } from "@clawkeep/durable-files";
import type { FaultHook } from "@clawkeep/durable-files";

import type { BackedUpFile } from "./manifest.ts";
import { secretsFolder, workspaceFolder } from "./manifest.ts";
import type { VerifiedBackup } from "./read-backup.ts";

/** Where the state that was there before is kept. */
export interface RestoredState {
  readonly files: number;
  /** Undefined when there was none, or when it was not to be kept. */
  readonly before?: string;
}

/** Options of {@link restoreState}. */
export interface RestoreOptions {
  /**
   * Only OpenClaw's own part is replaced: the workspace stays in any case, and the rest of the state before is removed.
   * For a state of which there is a backup.
   */
  readonly ownPart?: boolean;
  readonly faults?: FaultHook;
}

/**
 * Gives a deployment the state of a backup, or leaves it as it is. A workspace that is not in the backup stays as it is. The new folder is written and synced beside the old
 * one, then takes its place by two renames; killed between them, `finishRestore` does the second. Secrets stay those
 * that are there now: a token that was rotated since is not brought back. Nobody may write to the state meanwhile.
 *
 * Steps told to `faults`: `restore:file`, `restore:ready`, `restore:old-away`, `restore:in-place`, and where only
 * OpenClaw's part is replaced `restore:workspace`, `restore:remove`.
 *
 * @throws CodedError `RESTORE_SPACE`, `RESTORE_ARCHIVE` (changed while it was read), `RESTORE_NOT_WRITTEN`
 */
export async function restoreState(
  backup: VerifiedBackup,
  state: string,
  options: RestoreOptions = {},
): Promise<RestoredState> {
  const { faults, ownPart } = options;
  await finishRestore(state);
  const parent = dirname(state);
  await mkdir(parent, { recursive: true, mode: 0o700 });
  await checkSpace(backup, parent);
  const partial = beside(state, "restoring");
  const ready = beside(state, "restored");
  await rm(partial, { recursive: true, force: true });
  try {
    await mkdir(partial, { mode: 0o700 });
    const owner = existsSync(state) ? await lstat(state) : undefined;
    for (const one of backup.manifest.files) {
      await faults?.("restore:file", { path: one.path });
      await writeFile(backup, one, partial, owner);
    }
    await keepSecrets(state, partial);
    if (owner !== undefined && owner.uid !== process.geteuid?.()) {
      await chown(partial, owner.uid, owner.gid);
    }
    await syncFolder(partial);
    await faults?.("restore:ready", { path: ready });
    await rename(partial, ready);
  } catch (cause) {
    await rm(partial, { recursive: true, force: true });
    if (cause instanceof CodedError) throw cause;
    throw new CodedError({
      code: "RESTORE_NOT_WRITTEN",
      message: `expected to write ${partial}: ${cause instanceof Error ? cause.message : String(cause)}`,
      hint: "Check permissions and free space. The state is as it was.",
      cause,
    });
  }
  const before = existsSync(state)
    ? ownPart === true
      ? beside(state, "replaced")
      : await freeName(`${state}.before-restore`)
    : undefined;
  await faults?.("restore:old-away", { path: state });
  if (before !== undefined) await rename(state, before);
  await faults?.("restore:in-place", { path: state });
  await rename(ready, state);
  await syncFolder(parent);
  const files = backup.manifest.files.length;
  if (ownPart === true) await removeReplaced(state, faults);
  else if (before !== undefined && backup.manifest.left.some(isWorkspace)) {
    await takeWorkspace(before, state, faults);
  }
  return { files, ...(before === undefined || ownPart === true ? {} : { before }) };
}

/** Finishes a restore that was killed between its renames, and removes one that was killed before. */
export async function finishRestore(state: string): Promise<void> {
  const ready = beside(state, "restored");
  if (existsSync(ready)) {
    if (existsSync(state)) await rm(ready, { recursive: true });
    else await rename(ready, state);
    await syncFolder(dirname(state));
  }
  await removeReplaced(state);
}

/** Removes the state before a restore when its workspace is in the one that took its place. */
async function removeReplaced(state: string, faults?: FaultHook): Promise<void> {
  const replaced = beside(state, "replaced");
  if (!existsSync(replaced)) return;
  if (await takeWorkspace(replaced, state, faults)) {
    await faults?.("restore:remove", { path: replaced });
    await rm(replaced, { recursive: true, force: true });
  } else await rename(replaced, await freeName(`${state}.before-restore`));
}

/** Moves the workspace to the restored state. @returns false when somebody else made one there meanwhile */
async function takeWorkspace(before: string, state: string, faults?: FaultHook): Promise<boolean> {
  const [from, to] = [join(before, workspaceFolder), join(state, workspaceFolder)];
  if (!(await isThere(from))) return true;
  if (await isThere(to)) return false;
  await faults?.("restore:workspace", { path: to });
  await rename(from, to);
  for (const folder of [state, before]) await syncFolder(folder);
  return true;
}

/** What a manifest says of a workspace that is not in its archive. */
function isWorkspace(left: string): boolean {
  return left.startsWith(`${workspaceFolder}: `);
}

/** Whether something has this name; a link that leads nowhere is something. */
async function isThere(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}

async function writeFile(
  backup: VerifiedBackup,
  file: BackedUpFile,
  folder: string,
  owner: { readonly uid: number; readonly gid: number } | undefined,
): Promise<void> {
  const { path } = file;
  const target = join(folder, path);
  await makeFolders(folder, dirname(path), owner);
  // Neither others' bits nor setuid are taken from an archive.
  const handle = await open(target, "wx", file.mode & 0o700);
  const hash = createHash("sha256");
  try {
    for await (const part of backup.read(file)) {
      hash.update(part);
      await handle.appendFile(part);
    }
    if (`sha256:${hash.digest("hex")}` !== file.digest) {
      throw new CodedError({
        code: "RESTORE_ARCHIVE",
        message: `${path}: expected ${file.digest}, got other bytes: the archive was changed while it was read`,
        hint: "Copy it to where nobody else writes. The state is as it was.",
      });
    }
    await handle.chmod(file.mode & 0o700);
    if (owner !== undefined && owner.uid !== process.geteuid?.()) {
      await handle.chown(owner.uid, owner.gid);
    }
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function makeFolders(
  root: string,
  path: string,
  owner: { readonly uid: number; readonly gid: number } | undefined,
): Promise<void> {
  let at = root;
  for (const name of path === "." ? [] : path.split("/")) {
    at = join(at, name);
    if (existsSync(at)) continue;
    await mkdir(at, { mode: 0o700 });
    if (owner !== undefined && owner.uid !== process.geteuid?.()) {
      await chown(at, owner.uid, owner.gid);
    }
  }
}

/** Secrets of now: no archive has any. */
async function keepSecrets(state: string, partial: string): Promise<void> {
  const from = join(state, secretsFolder);
  if (!existsSync(from)) return;
  const about = await lstat(from);
  const to = join(partial, secretsFolder);
  await mkdir(to, { mode: about.mode & 0o700 });
  for (const entry of await readdir(from, { withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const { uid, gid } = await lstat(join(from, entry.name));
    await copyFile(join(from, entry.name), join(to, entry.name));
    if (uid !== process.geteuid?.()) await chown(join(to, entry.name), uid, gid);
  }
  if (about.uid !== process.geteuid?.()) await chown(to, about.uid, about.gid);
}

async function checkSpace({ manifest }: VerifiedBackup, folder: string): Promise<void> {
  const needed = manifest.files.reduce((sum, { size }) => sum + size, 0);
  const { bavail, bsize } = await statfs(folder);
  if (needed <= bavail * bsize) return;
  throw new CodedError({
    code: "RESTORE_SPACE",
    message: `expected ${needed} bytes of free space in ${folder}, got ${bavail * bsize}`,
    hint: "Make room: the state that is there now is kept beside the restored one.",
  });
}

function beside(state: string, what: string): string {
  return join(dirname(state), `.${basename(state)}.${what}`);
}

async function freeName(path: string): Promise<string> {
  for (let number = 1; ; number += 1) {
    const name = `${path}-${number}`;
    if (!existsSync(name)) return name;
  }
}
