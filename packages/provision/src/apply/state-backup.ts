import { existsSync } from "node:fs";
import { mkdir, stat, statfs } from "node:fs/promises";
import { dirname } from "node:path";

import { CodedError } from "@clawkeep/diagnostics";
import type { FaultHook } from "@clawkeep/durable-files";
import { digestBytes } from "@clawkeep/integrity";
import type { Digest } from "@clawkeep/integrity";

import { listState } from "../operate/backup/list-state.ts";
import type { BackupManifest } from "../operate/backup/manifest.ts";
import { workspaceFolder } from "../operate/backup/manifest.ts";
import type { VerifiedBackup } from "../operate/backup/read-backup.ts";
import { openBackup } from "../operate/backup/read-backup.ts";
import { restoreState } from "../operate/backup/restore-state.ts";
import { writeBackup } from "../operate/backup/write-backup.ts";
import type { Store } from "../store/deployment-store.ts";
import type { HistoryRecord, KeptState } from "../store/record.ts";
import type { FileChange } from "./plan-changes.ts";

/** What OpenClaw has written, where this host has it as a folder. */
export interface DeploymentState {
  /** Absolute. */
  readonly folder: string;
  /** What an archive says of where it is from. */
  readonly about: Pick<BackupManifest, "name" | "profile" | "openclaw" | "spec">;
  /** Whether what changes may change its form or meaning: another OpenClaw, other models or agents. */
  readonly dependsOn: (changes: readonly FileChange[]) => boolean;
}

/** What a backup that nobody asked for leaves out: it is the person's own and OpenClaw gives it no form. */
const leave: Readonly<Record<string, string>> = {
  [workspaceFolder]: "it stays where it is",
};

/**
 * Whether there is a state to back up. Refuses what would run out of space before anything is stopped or written.
 *
 * @throws CodedError `BACKUP_SPACE`
 */
export async function hasState({ folder }: DeploymentState, archive: string): Promise<boolean> {
  if (!existsSync(folder)) return false;
  const { files } = await listState(folder, leave);
  if (files.length === 0) return false;
  // A header and an entry of the manifest for each file; and it is written to until it is stopped.
  const bytes = files.reduce((sum, { size }) => sum + size + 2048, 16 * 1024 * 1024);
  // To put it back, there has to be room for it a second time, beside the state.
  const places = [dirname(archive), dirname(folder)];
  const devices = await Promise.all(places.map(async (at) => (await stat(at)).dev));
  const isOneDevice = devices[0] === devices[1];
  const needed = isOneDevice ? 2 * bytes : bytes;
  for (const place of isOneDevice ? places.slice(0, 1) : places) {
    const { bavail, bsize } = await statfs(place);
    if (bavail * bsize >= needed) continue;
    throw new CodedError({
      code: "BACKUP_SPACE",
      message: `expected ${needed} bytes of free space in ${place} to back up the state and to put it back, got ${bavail * bsize}`,
      hint: "Make room, or go without: --keep-state. Nothing was changed.",
    });
  }
  return true;
}

/** Archives a state to which nobody writes. */
export async function backUpState(
  { folder, about }: DeploymentState,
  store: Store,
  archive: string,
  faults: FaultHook | undefined,
): Promise<KeptState> {
  const at = store.archive(archive);
  await mkdir(dirname(at), { recursive: true, mode: 0o700 });
  const manifest = await writeBackup({ ...about, state: folder }, at, {
    leave,
    ...(faults === undefined ? {} : { faults }),
  });
  const bytes = manifest.files.reduce((sum, { size }) => sum + size, 0);
  return { archive, manifest: digestOf(manifest), files: manifest.files.length, bytes };
}

/** Brings a state back: the workspace stays, secrets are those of now. Nobody may write to it meanwhile. */
export async function bringBack(
  backup: VerifiedBackup,
  folder: string,
  faults?: FaultHook,
): Promise<void> {
  await restoreState(backup, folder, {
    ownPart: true,
    ...(faults === undefined ? {} : { faults }),
  });
}

/** The same from the archive that an attempt made; nothing where it had made none. */
export async function putBack(store: Store, folder: string, archive: string): Promise<void> {
  const at = store.archive(archive);
  if (!existsSync(at)) return;
  const backup = await openBackup(at);
  try {
    await bringBack(backup, folder);
  } finally {
    await backup.close();
  }
}

/**
 * The state that a generation left: what the first one after it that changed anything of it has archived. Every byte is
 * compared first.
 *
 * @returns undefined when none after it has changed anything that the state depends on
 * @throws CodedError `ROLLBACK_STATE`, `RESTORE_ARCHIVE`
 */
export async function stateLeftBy(
  generation: number,
  applied: readonly HistoryRecord[],
  store: Store,
): Promise<{ readonly kept: KeptState; readonly backup: VerifiedBackup } | undefined> {
  const kept = applied.find(({ number, state }) => number > generation && state)?.state;
  if (kept === undefined) return undefined;
  const at = store.archive(kept.archive);
  if (!existsSync(at)) throw unmatched(at, generation, "none: only the last ones are kept");
  const backup = await openBackup(at);
  if (digestOf(backup.manifest) === kept.manifest) return { kept, backup };
  await backup.close();
  throw unmatched(at, generation, "another one than history says");
}

function digestOf(manifest: BackupManifest): Digest {
  return digestBytes(Buffer.from(JSON.stringify(manifest)));
}

function unmatched(at: string, generation: number, got: string): CodedError {
  return new CodedError({
    code: "ROLLBACK_STATE",
    message: `expected the state that generation ${generation} left in ${at}, got ${got}`,
    hint: "Roll the files back alone, with the state of now: --keep-state. Nothing was changed.",
  });
}
