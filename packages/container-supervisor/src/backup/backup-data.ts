import { readdirSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { basename, join } from "node:path";

import { openClawVersion } from "@clawkeep/openclaw-contract";
import { finishRestore, openBackup, restoreState, writeBackup } from "@clawkeep/provision";
import type { BackupManifest } from "@clawkeep/provision";

import type { ContainerPlace } from "../settings/container-place.ts";
import { dataFolders } from "../settings/container-place.ts";
import { lockData } from "./data-lock.ts";

/** What of a volume is nowhere else: OpenClaw's state, the workspace, the record of skills. */
function keptFolders(place: ContainerPlace): readonly string[] {
  const { openclaw, workspace, clawkeep } = dataFolders(place);
  return [openclaw, workspace, clawkeep];
}

/**
 * Writes those folders into one archive with a digest of every file (L23). Models are fetched again, configuration is
 * made again, and no secret is in it. The container must be stopped.
 *
 * @throws CodedError `CONTAINER_DATA_TAKEN`, and what `writeBackup` throws
 */
export async function backupData(place: ContainerPlace, file: string): Promise<BackupManifest> {
  const kept = keptFolders(place).map((folder) => basename(folder));
  const lock = await lockData(place);
  try {
    for (const folder of keptFolders(place)) await finishRestore(folder);
    const leave = Object.fromEntries(
      readdirSync(place.data)
        .filter((name) => !kept.includes(name))
        .map((name) => [name, "is fetched or made again"]),
    );
    return await writeBackup(
      {
        state: place.data,
        name: "clawlama",
        profile: "single-container",
        openclaw: openClawVersion,
        spec: "",
      },
      file,
      { leave },
    );
  } finally {
    lock.close();
  }
}

/** What a restore did. */
export interface RestoredData {
  readonly files: number;
  /** Where the folders that were there before are kept. */
  readonly before: readonly string[];
}

/**
 * Gives a volume what a backup holds, after every byte was compared with its digest. Each folder takes its place in one
 * step, and the one before stays beside it; a restore that was killed is finished by the next start.
 *
 * @throws CodedError `CONTAINER_DATA_TAKEN`, and what `openBackup` and `restoreState` throw
 */
export async function restoreData(place: ContainerPlace, file: string): Promise<RestoredData> {
  const lock = await lockData(place);
  try {
    const backup = await openBackup(file);
    const before: string[] = [];
    let count = 0;
    try {
      for (const folder of keptFolders(place)) {
        const prefix = `${basename(folder)}/`;
        const files = backup.manifest.files
          .filter(({ path }) => path.startsWith(prefix))
          .map((one) => ({ ...one, path: one.path.slice(prefix.length) }));
        const restored = await restoreState(
          {
            manifest: { ...backup.manifest, files },
            read: (one) => backup.read({ ...one, path: `${prefix}${one.path}` }),
            close: () => Promise.resolve(),
          },
          folder,
        );
        count += restored.files;
        if (restored.before !== undefined) before.push(restored.before);
      }
    } finally {
      await backup.close();
    }
    return { files: count, before };
  } finally {
    lock.close();
  }
}

/** Finishes what a killed restore began. */
export async function healData(place: ContainerPlace): Promise<void> {
  await mkdir(join(place.data), { recursive: true });
  for (const folder of keptFolders(place)) await finishRestore(folder);
}
