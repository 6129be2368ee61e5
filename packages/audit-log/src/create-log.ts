import { randomBytes } from "node:crypto";
import { readFile, stat } from "node:fs/promises";

import { CodedError } from "@clawkeep/diagnostics";
import { replaceFile } from "@clawkeep/durable-files";
import type { FaultOption } from "@clawkeep/durable-files";
import { createKeyPair, parseSignerKey } from "@clawkeep/integrity";

import { firstHead, formatHead } from "./head.ts";
import { originOf } from "./log-identity.ts";
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
  const head = formatHead(firstHead(parseSignerKey(pair.signerKey)));
  await replaceFile(paths.verifier, `${pair.verifierKey}\n`, options);
  await replaceFile(paths.log, "", options);
  await replaceFile(paths.head, head, options);
  await replaceFile(paths.key, `${pair.signerKey}\n`, options);
}

/** True when there is a head, and not that of a log without records. */
async function hasUsedHead(paths: LogPaths): Promise<boolean> {
  if ((await sizeOf(paths.head)) === undefined) {
    return false;
  }
  try {
    const head: unknown = JSON.parse(await readFile(paths.head, "utf8"));
    return (head as { bytes?: unknown }).bytes !== 0;
  } catch {
    return true;
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
