import { stat } from "node:fs/promises";

import { CodedError } from "@clawkeep/diagnostics";
import {
  checkPrivateFolder,
  ensurePrivateFolder,
  openLock,
  sweepTemporaries,
} from "@clawkeep/durable-files";
import type { FaultOption } from "@clawkeep/durable-files";

import { AuditLog } from "./audit-log.ts";
import { createLog, hasKey, upgradeHead } from "./create-log.ts";
import { HeadSlots } from "./head-slots.ts";
import { segmentFiles } from "./segment-files.ts";
import { KeyFiles } from "./key-files.ts";
import { logPaths } from "./log-paths.ts";
import type { LogPaths } from "./log-paths.ts";

/** How a log is opened. */
export interface OpenAuditLogOptions extends FaultOption {
  /** The log's folder: private, no link, owned by this uid. */
  readonly folder: string;
  /** Make the folder and the log when they are not there. Default true. */
  readonly create?: boolean;
  /** How long to wait for other writers, in milliseconds. Default 10,000. */
  readonly lockWaitMs?: number;
  /** The log goes on in a new file when one has as many bytes. Default 64 MiB. */
  readonly segmentBytes?: number;
  /** The same by records. Default 1,000,000. */
  readonly segmentRecords?: number;
  /** The clock that records are dated by. */
  readonly now?: () => Date;
}

/**
 * Opens a log for appending, and completes the last record if a writer was stopped in it.
 * Looks at the end of the log only: `verifyAuditLog` looks at all of it.
 *
 * @throws CodedError `AUDIT_LOG_MISSING` (nothing there, and `create` is false), `AUDIT_KEY_MISSING`,
 *   `AUDIT_HEAD_…` and `AUDIT_LOG_DAMAGED` (see docs/audit-format.md), `FOLDER_…` and `FILE_…` when
 *   folder or key are not private, `FILE_LOCKED`
 */
export async function openAuditLog(options: OpenAuditLogOptions): Promise<AuditLog> {
  const { folder, create = true, lockWaitMs = 10_000, now = () => new Date(), faults } = options;
  const paths = logPaths(folder);
  const fault: FaultOption = faults === undefined ? {} : { faults };
  if (create) {
    await ensurePrivateFolder(folder);
  } else {
    await requireFolder(folder);
  }
  const lock = await openLock(paths.lock);
  try {
    await lock.take({ waitMs: lockWaitMs });
    await makeReady(paths, create, fault);
    const keyFiles = new KeyFiles(paths, fault);
    const { signer, keys } = await keyFiles.read();
    await upgradeHead(paths, keys, fault);
    lock.release();
    const slots = new HeadSlots(paths.slots, faults);
    const opened = new AuditLog({
      signer,
      keys,
      keyFiles,
      lock,
      slots,
      lockWaitMs,
      now,
      segmentBytes: options.segmentBytes ?? 64 * 1024 * 1024,
      segmentRecords: options.segmentRecords ?? 1_000_000,
      ...segmentFiles(paths, fault),
    });
    try {
      await opened.recover();
      return opened;
    } catch (error) {
      await opened.close().catch(() => undefined);
      throw error;
    }
  } catch (error) {
    lock.close();
    throw error;
  }
}

async function makeReady(paths: LogPaths, create: boolean, fault: FaultOption): Promise<void> {
  for (const path of [...paths.slots, paths.headOne, paths.key, paths.log, paths.verifier]) {
    await sweepTemporaries(path);
  }
  if (await hasKey(paths)) {
    return;
  }
  if (!create) {
    throw missing(paths.key);
  }
  await createLog(paths, fault);
}

async function requireFolder(folder: string): Promise<void> {
  if ((await stat(folder).catch(() => undefined)) === undefined) {
    throw missing(folder);
  }
  await checkPrivateFolder(folder);
}

function missing(path: string): CodedError {
  return new CodedError({
    code: "AUDIT_LOG_MISSING",
    message: `expected an audit log, got nothing at ${path}`,
    hint: "It is made by the first execution.",
  });
}
