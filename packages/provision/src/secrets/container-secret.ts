import { chown } from "node:fs/promises";
import { dirname } from "node:path";

import { CodedError } from "@clawkeep/diagnostics";
import {
  ensurePrivateFolder,
  openOwnFile,
  openRegularFile,
  replaceFile,
} from "@clawkeep/durable-files";

/** A secret of ours, and the copy of it that a container gets. */
export interface ContainerSecret {
  /** 0600, of whoever applies. */
  readonly source: string;
  /** 0400, of the container's user; its folder lets nobody else of the host in. */
  readonly target: string;
  /** Id of the container's user as this host counts it. */
  readonly uid: number;
}

/**
 * Gives the user of a container a copy of a secret. Docker mounts the file of a compose secret as it is: what belongs to
 * whoever applies, nobody in the container can read, and OpenClaw reads no secret of another owner or open to others.
 *
 * @returns whether anything was written
 * @throws CodedError `CONTAINER_SECRET_OWNER` when only root could; of `openOwnFile` and `replaceFile`
 */
export async function giveToContainer({ source, target, uid }: ContainerSecret): Promise<boolean> {
  const self = process.geteuid?.() ?? 0;
  if (self !== 0 && self !== uid) {
    throw new CodedError({
      code: "CONTAINER_SECRET_OWNER",
      message: `expected root or uid ${uid} to give ${target} to the container's user, got uid ${self}`,
      hint: "Apply as root; where containers have ids of their own (rootless, userns-remap), with --container-ids. docs/deploy.md says which number.",
    });
  }
  await ensurePrivateFolder(dirname(target));
  const own = await openOwnFile(source);
  const bytes = await own.readFile().finally(() => own.close());
  if (await isGiven(target, bytes, uid)) return false;
  await replaceFile(target, bytes, { mode: 0o400 });
  // Killed before this line it belongs to root, whom the next call sees.
  if (self !== uid) await chown(target, uid, uid);
  return true;
}

async function isGiven(target: string, bytes: Buffer, uid: number): Promise<boolean> {
  try {
    const handle = await openRegularFile(target);
    try {
      const about = await handle.stat();
      const isRight = about.uid === uid && (about.mode & 0o777) === 0o400 && about.nlink === 1;
      return isRight && (await handle.readFile()).equals(bytes);
    } finally {
      await handle.close();
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "FILE_NOT_REGULAR") return false;
    throw error;
  }
}
