import { chown, mkdir, rm, unlink } from "node:fs/promises";
import { dirname } from "node:path";

import { CodedError } from "@clawkeep/diagnostics";
import type { FaultHook } from "@clawkeep/durable-files";
import {
  openRegularFile,
  replaceFile,
  sweepTemporaries,
  syncFolder,
} from "@clawkeep/durable-files";

/** Ids of an owner. */
export interface FileOwner {
  readonly uid: number;
  readonly gid: number;
}

/** A file as it should be. Never a secret: what is written here is kept in generations. */
export interface DesiredFile {
  /** Absolute. */
  readonly path: string;
  readonly mode: number;
  readonly bytes: Uint8Array;
  /** Who must own it; whoever applies when absent. */
  readonly owner?: FileOwner;
  /** Mode of folders that have to be made for it. Default 0700. */
  readonly folderMode?: number;
}

/** A file as it is. */
export interface FoundFile extends DesiredFile {
  readonly owner: FileOwner;
}

/** The files of a host, or of a test. */
export interface FilePort {
  /** @returns `undefined` when nothing is there */
  read(path: string): Promise<FoundFile | undefined>;
  /** In one step: who reads finds the old file or the new one. Folders above are made, for their owner only unless it says otherwise. */
  write(file: DesiredFile): Promise<void>;
  remove(path: string): Promise<void>;
  /** Removes what a killed `write` left beside a file. */
  sweep(path: string): Promise<void>;
}

/** The files of this machine. Links and special files are refused, not followed or replaced. */
export function hostFiles(faults?: FaultHook): FilePort {
  return {
    read: readFound,
    write: async ({ path, mode, bytes, owner, folderMode = 0o700 }) => {
      await mkdir(dirname(path), { recursive: true, mode: folderMode });
      await replaceFile(path, bytes, { mode, ...(faults === undefined ? {} : { faults }) });
      if (owner !== undefined && !isMine(owner)) await chown(path, owner.uid, owner.gid);
    },
    remove: async (path) => {
      await faults?.("remove:unlink", { path });
      await unlink(path).catch(ifThere);
      await syncFolder(dirname(path));
    },
    sweep: async (path) => sweepTemporaries(path).catch(ifThere),
  };
}

/** Removes a file that need not be there. */
export async function removeFile(path: string): Promise<void> {
  await rm(path, { force: true });
  await syncFolder(dirname(path));
}

async function readFound(path: string): Promise<FoundFile | undefined> {
  try {
    const handle = await openRegularFile(path);
    try {
      const { mode, uid, gid, size } = await handle.stat();
      if (size > maxBytes) throw tooLarge(path, size);
      return { path, mode: mode & 0o7777, bytes: await handle.readFile(), owner: { uid, gid } };
    } finally {
      await handle.close();
    }
  } catch (error) {
    ifThere(error);
    return undefined;
  }
}

/** What a file of a deployment may have; they are some kilobytes. */
const maxBytes = 16 * 1024 * 1024;

function tooLarge(path: string, size: number): CodedError {
  return new CodedError({
    code: "APPLY_FILE_TOO_LARGE",
    message: `${path}: expected at most ${maxBytes} bytes, got ${size}`,
    hint: "A file of a deployment is some kilobytes: find out what is there.",
  });
}

function isMine({ uid, gid }: FileOwner): boolean {
  return uid === process.geteuid?.() && gid === process.getegid?.();
}

function ifThere(error: unknown): void {
  if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
}
