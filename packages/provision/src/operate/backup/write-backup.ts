import { createHash, randomBytes } from "node:crypto";
import { constants } from "node:fs";
import { access, link, lstat, open, realpath, rm } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { basename, dirname, join, resolve, sep } from "node:path";

import { CodedError } from "@clawkeep/diagnostics";
import { openRegularFile, syncFolder } from "@clawkeep/durable-files";
import type { FaultHook } from "@clawkeep/durable-files";
import type { Digest } from "@clawkeep/integrity";

import { listState } from "./list-state.ts";
import type { LeftFolders } from "./list-state.ts";
import type { BackedUpFile, BackupManifest } from "./manifest.ts";
import { manifestName, mostFileBytes, stateName } from "./manifest.ts";
import { endBlocks, fileHeader, padding } from "./tar-format.ts";

/** What a backup is of. Nothing may write to the state meanwhile. */
export type BackupSource = Pick<BackupManifest, "name" | "profile" | "openclaw" | "spec"> & {
  readonly state: string;
};

/**
 * Writes one archive of mode 0600 with a manifest and the digest of every file, in one step: what is there afterwards
 * is a whole backup or nothing. Secrets, links, sockets and what `leave` names are left out.
 *
 * Steps told to `faults`: `backup:create`, `backup:file`, `backup:publish`.
 *
 * @throws CodedError `BACKUP_INSIDE`, `BACKUP_EXISTS`, `BACKUP_CHANGED`, `BACKUP_NOT_WRITTEN`
 */
export async function writeBackup(
  source: BackupSource,
  file: string,
  options: { readonly faults?: FaultHook; readonly leave?: LeftFolders } = {},
): Promise<BackupManifest> {
  const target = await targetOf(file, source.state);
  const { files, left } = await listState(source.state, options.leave);
  const digested: BackedUpFile[] = [];
  for (const one of files) {
    if (one.size > mostFileBytes) throw changed(one.path, "a file below 8 GiB");
    const handle = await openRegularFile(join(source.state, one.path));
    try {
      digested.push({ ...one, digest: await pour(handle, one.size, one.path) });
    } finally {
      await handle.close();
    }
  }
  const { name, profile, openclaw, spec } = source;
  const at = new Date().toISOString();
  const manifest: BackupManifest = {
    backup: 1,
    name,
    profile,
    openclaw,
    at,
    spec,
    files: digested,
    left,
  };
  const temporary = join(
    dirname(target),
    `.${basename(target)}.${randomBytes(6).toString("hex")}.tmp`,
  );
  try {
    await options.faults?.("backup:create", { path: temporary });
    await writeArchive(temporary, manifest, source.state, options.faults);
    await options.faults?.("backup:publish", { path: target });
    // Not a rename: that would write over a file that came in the meantime.
    await link(temporary, target);
    await syncFolder(dirname(target));
  } catch (cause) {
    if (cause instanceof CodedError) throw cause;
    throw (cause as NodeJS.ErrnoException).code === "EEXIST"
      ? exists(target)
      : notWritten(target, cause);
  } finally {
    await rm(temporary, { force: true });
  }
  return manifest;
}

async function writeArchive(
  path: string,
  manifest: BackupManifest,
  state: string,
  faults: FaultHook | undefined,
): Promise<void> {
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
  const out = await open(path, flags, 0o600);
  try {
    await out.chmod(0o600);
    const text = Buffer.from(`${JSON.stringify(manifest, undefined, 1)}\n`);
    await out.appendFile(fileHeader(manifestName, text.length, 0o600));
    await out.appendFile(text);
    await out.appendFile(padding(text.length));
    for (const { path: name, size, mode, digest } of manifest.files) {
      await faults?.("backup:file", { path: name });
      await out.appendFile(fileHeader(`${stateName}/${name}`, size, mode));
      const handle = await openRegularFile(join(state, name));
      try {
        if ((await pour(handle, size, name, out)) !== digest)
          throw changed(name, "the same bytes twice");
      } finally {
        await handle.close();
      }
      await out.appendFile(padding(size));
    }
    await out.appendFile(endBlocks());
    await out.sync();
  } finally {
    await out.close();
  }
}

/** Reads exactly `size` bytes, into `out` when there is one. */
async function pour(
  handle: FileHandle,
  size: number,
  path: string,
  out?: FileHandle,
): Promise<Digest> {
  const hash = createHash("sha256");
  const block = Buffer.alloc(256 * 1024);
  let done = 0;
  for (;;) {
    const { bytesRead } = await handle.read(block, 0, block.length, done);
    if (bytesRead === 0) break;
    done += bytesRead;
    if (done > size) break;
    hash.update(block.subarray(0, bytesRead));
    await out?.appendFile(block.subarray(0, bytesRead));
  }
  if (done !== size) throw changed(path, `${size} bytes`);
  return `sha256:${hash.digest("hex")}`;
}

/**
 * Says what `writeBackup` would refuse, so that nothing is stopped for it.
 *
 * @throws CodedError `BACKUP_INSIDE`, `BACKUP_EXISTS`, `BACKUP_NOT_WRITTEN`
 */
export async function checkBackupTarget(file: string, state: string): Promise<void> {
  const target = await targetOf(file, state);
  if (await isThere(target)) throw exists(target);
  await access(dirname(target), constants.W_OK).catch((cause: unknown) => {
    throw notWritten(target, cause);
  });
}

async function isThere(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}

/** The archive must not be in what it is of: it would hold itself, and go with it. */
async function targetOf(file: string, state: string): Promise<string> {
  const folder = await realpath(dirname(resolve(file))).catch((cause: unknown) => {
    throw notWritten(file, cause);
  });
  const target = join(folder, basename(file));
  const root = await realpath(state);
  if (!`${target}${sep}`.startsWith(`${root}${sep}`)) return target;
  throw new CodedError({
    code: "BACKUP_INSIDE",
    message: `expected a place outside of ${root}, which is backed up, got ${target}`,
    hint: "Name a file on another disk, or at least in another folder.",
  });
}

function changed(path: string, expected: string): CodedError {
  return new CodedError({
    code: "BACKUP_CHANGED",
    message: `${path}: expected ${expected}, got something else: somebody writes to it`,
    hint: "Stop what writes there: `claw stop`. Nothing was written.",
  });
}

function exists(path: string): CodedError {
  return new CodedError({
    code: "BACKUP_EXISTS",
    message: `expected a new file, got ${path}, which is there already`,
    hint: "Name another one; a backup is not written over.",
  });
}

function notWritten(path: string, cause: unknown): CodedError {
  return new CodedError({
    code: "BACKUP_NOT_WRITTEN",
    message: `expected to write ${path}: ${cause instanceof Error ? cause.message : String(cause)}`,
    hint: "Check that the folder is there, its permissions and free space.",
    cause,
  });
}
