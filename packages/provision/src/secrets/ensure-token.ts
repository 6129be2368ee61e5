import { randomBytes } from "node:crypto";
import { dirname } from "node:path";

import type { FaultOption } from "@clawkeep/durable-files";
import { ensurePrivateFolder, openOwnFile, replaceFile } from "@clawkeep/durable-files";

/** 32 random bytes as 64 hex digits, on a line. */
function newToken(): string {
  return `${randomBytes(32).toString("hex")}\n`;
}

/**
 * Makes sure that a file holds a token which only this uid can read. A token that is there is kept,
 * whatever it is; nothing here returns or prints one.
 *
 * @returns whether it was made
 * @throws CodedError of `openOwnFile` and `ensurePrivateFolder`
 */
export async function ensureToken(path: string, options: FaultOption = {}): Promise<boolean> {
  await ensurePrivateFolder(dirname(path));
  if (await hasSecret(path)) return false;
  await replaceFile(path, newToken(), { ...options, mode: 0o600 });
  return true;
}

/** Gives a file a new token. The old one is nowhere else: no generation and no backup of ours holds a secret. */
export async function rotateToken(path: string, options: FaultOption = {}): Promise<void> {
  await ensurePrivateFolder(dirname(path));
  await replaceFile(path, newToken(), { ...options, mode: 0o600 });
}

/**
 * Whether a secret is there, for this uid only. Its value is not read.
 *
 * @throws CodedError `FILE_NOT_REGULAR`, `FILE_FOREIGN`, `FILE_NOT_PRIVATE`
 */
export async function hasSecret(path: string): Promise<boolean> {
  try {
    const handle = await openOwnFile(path);
    await handle.close();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
    throw error;
  }
}
