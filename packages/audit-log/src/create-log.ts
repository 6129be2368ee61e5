import { randomBytes } from "node:crypto";
import { rm, stat } from "node:fs/promises";
import { dirname } from "node:path";

import { CodedError } from "@clawkeep/diagnostics";
import { openRegularFile, replaceFile, syncFolder } from "@clawkeep/durable-files";
import type { FaultOption } from "@clawkeep/durable-files";
import { createKeyPair, parseSignerKey } from "@clawkeep/integrity";

import { firstHead, formatSlot, isBlankSlot, parseHead, slotHeadBytes } from "./head.ts";
import type { Head } from "./head.ts";
import { originOf } from "./log-identity.ts";
import type { LogKeys } from "./log-key-chain.ts";
import type { LogPaths } from "./log-paths.ts";

/** True when a folder has a finished log: its key comes last. */
export async function hasKey(paths: LogPaths): Promise<boolean> {
  return (await sizeOf(paths.key)) !== undefined;
}

/**
 * Makes the files of a new, empty log. The caller holds the lock. A log whose making was
 * interrupted has no key and no records, and is made anew.
 *
 * @throws CodedError `AUDIT_KEY_MISSING` when there are or were records, but no key
 */
export async function createLog(paths: LogPaths, options: FaultOption): Promise<void> {
  if (((await sizeOf(paths.log)) ?? 0) > 0 || (await hasUsedHead(paths))) {
    throw new CodedError({
      code: "AUDIT_KEY_MISSING",
      message: `expected the key of the log at ${paths.key}, got no such file`,
      hint: "The log can be verified, but not continued. Start a new one in another folder.",
    });
  }
  const pair = createKeyPair(originOf(randomBytes(16).toString("hex")));
  await replaceFile(paths.verifier, `${pair.verifierKey}\n`, options);
  await replaceFile(paths.log, "", options);
  await createSlots(paths, firstHead(parseSignerKey(pair.signerKey)), options);
  await replaceFile(paths.key, `${pair.signerKey}\n`, options);
}

/**
 * Gives a log of format 1 the head of format 2, and takes its old one away. Its records stay as they
 * are. The caller holds the lock. Does nothing for a log that has the new head.
 *
 * @throws CodedError of `parseHead`
 */
export async function upgradeHead(
  paths: LogPaths,
  verifier: LogKeys,
  options: FaultOption,
): Promise<void> {
  const bytes = await readIfThere(paths.headOne);
  if (bytes === undefined) {
    return;
  }
  const slots = await Promise.all(paths.slots.map(readIfThere));
  const present = slots.filter((slot) => slot !== undefined);
  if (present.length < slots.length || present.every(isBlankSlot)) {
    await createSlots(paths, parseHead(bytes, verifier), options);
  }
  await options.faults?.("upgrade:remove", { path: paths.headOne });
  await rm(paths.headOne);
  await syncFolder(dirname(paths.headOne));
}

/** Blocks are taken now, so that no commit has to. */
const slotBytes: number = 16 * 1024;

async function createSlots(paths: LogPaths, head: Head, options: FaultOption): Promise<void> {
  const [first, ...others] = paths.slots;
  for (const path of others) {
    await replaceFile(path, Buffer.alloc(slotBytes), options);
  }
  await replaceFile(first, formatSlot(head, slotBytes), options);
}

/** True when there is a head, and not that of a log without records. */
async function hasUsedHead(paths: LogPaths): Promise<boolean> {
  for (const path of [...paths.slots, paths.headOne]) {
    const bytes = await readIfThere(path);
    if (bytes !== undefined && !isBlankSlot(bytes) && bytesOf(bytes) !== 0) {
      return true;
    }
  }
  return false;
}

function bytesOf(head: Buffer): unknown {
  try {
    const text = head[0] === 0x7b ? head : head.subarray(slotHeadBytes, head.lastIndexOf(0x0a) + 1);
    return (JSON.parse(text.toString("utf8")) as { bytes?: unknown }).bytes;
  } catch {
    return undefined;
  }
}

async function readIfThere(path: string): Promise<Buffer | undefined> {
  try {
    const handle = await openRegularFile(path);
    try {
      return await handle.readFile();
    } finally {
      await handle.close();
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") {
      return undefined;
    }
    throw error;
  }
}

async function sizeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") {
      return undefined;
    }
    throw error;
  }
}
