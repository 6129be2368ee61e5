import { randomBytes } from "node:crypto";
import { constants } from "node:fs";
import { open, readdir, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

import { CodedError } from "@clawkeep/diagnostics";

import type { FaultOption } from "./fault-hook.ts";
import { syncFolder } from "./sync-folder.ts";
import { writeFully } from "./write-fully.ts";

/** How {@link replaceFile} makes the file. */
export interface ReplaceOptions extends FaultOption {
  /** Permission bits of the new file, whatever the umask is. Default `0o600`. */
  readonly mode?: number;
}

/**
 * Gives a file new bytes in one step: whoever reads it, also after a kill or a loss of power, finds
 * all old bytes or all new ones. A link at `path` is replaced, not followed.
 *
 * Steps told to `faults`: `replace:create`, `replace:write`, `replace:sync`, `replace:rename`,
 * `replace:sync-folder`, `replace:done`.
 *
 * @throws CodedError `FILE_NOT_REPLACED` with the cause; the old bytes are then still there, or, if
 *   only the last fsync failed, possibly the new ones.
 */
export async function replaceFile(
  path: string,
  bytes: Uint8Array | string,
  options: ReplaceOptions = {},
): Promise<void> {
  const { mode = 0o600, faults } = options;
  const content = typeof bytes === "string" ? Buffer.from(bytes) : bytes;
  const temporary = join(
    dirname(path),
    `${temporaryPrefix(path)}${randomBytes(6).toString("hex")}.tmp`,
  );
  try {
    await faults?.("replace:create", { path: temporary });
    await writeNew(temporary, content, mode, options);
    await faults?.("replace:rename", { path });
    await rename(temporary, path);
    await faults?.("replace:sync-folder", { path });
    await syncFolder(dirname(path));
  } catch (cause) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw new CodedError({
      code: "FILE_NOT_REPLACED",
      message: `expected to replace ${path}: ${cause instanceof Error ? cause.message : String(cause)}`,
      hint: "Check free space and permissions of the folder.",
      cause,
    });
  }
  await faults?.("replace:done", { path });
}

/**
 * Removes what killed calls of {@link replaceFile} for this path left behind. Only for a caller who
 * holds the lock under which the path is replaced: a running call's file would go too.
 */
export async function sweepTemporaries(path: string): Promise<void> {
  const prefix = temporaryPrefix(path);
  for (const name of await readdir(dirname(path))) {
    if (name.startsWith(prefix) && /^[0-9a-f]{12}\.tmp$/u.test(name.slice(prefix.length))) {
      await rm(join(dirname(path), name), { force: true });
    }
  }
}

async function writeNew(
  path: string,
  bytes: Uint8Array,
  mode: number,
  { faults }: FaultOption,
): Promise<void> {
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
  const handle = await open(path, flags, 0o600);
  try {
    await faults?.("replace:write", { path, bytes, offset: 0 });
    await writeFully(handle, bytes, 0);
    // The umask may have taken bits away that the caller wants.
    await handle.chmod(mode);
    await faults?.("replace:sync", { path });
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function temporaryPrefix(path: string): string {
  return `.${basename(path)}.`;
}
