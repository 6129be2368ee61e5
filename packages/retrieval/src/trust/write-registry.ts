import { existsSync } from "node:fs";
import { readdir, rm } from "node:fs/promises";
import path from "node:path";

import type { FaultHook } from "@clawkeep/durable-files";
import {
  ensurePrivateFolder,
  lockFile,
  replaceFile,
  sweepTemporaries,
} from "@clawkeep/durable-files";

import { isIndexId } from "../snapshot/snapshot-json.ts";
import type { RegistryEntry } from "./registry-entry.ts";
import { formatRegistryEntry, readRegistryEntry, registryFile } from "./registry-entry.ts";

/**
 * Puts an entry in the registry, or another in its place. Must be done before a snapshot with a new
 * root is published, or nobody would answer from it after a crash in between.
 *
 * @throws CodedError of `durable-files` when the registry is not this user's private folder.
 */
export async function writeRegistryEntry(
  registry: string,
  entry: RegistryEntry,
  faults?: FaultHook,
): Promise<void> {
  await ensurePrivateFolder(registry);
  await replaceFile(registryFile(registry, entry.indexId), formatRegistryEntry(entry), {
    mode: 0o600,
    ...(faults === undefined ? {} : { faults }),
  });
}

/**
 * The same for an index that is new. Its id is in no file yet, so what a killed run left behind under
 * another one could never be found by it: that is removed here, under a lock that only new entries take.
 */
export async function writeNewRegistryEntry(
  registry: string,
  entry: RegistryEntry,
  faults?: FaultHook,
): Promise<void> {
  await ensurePrivateFolder(registry);
  using _lock = await lockFile(path.join(registry, "new.lock"), { waitMs: 10_000 });
  for (const name of await readdir(registry)) {
    const [, indexId] = /^\.([0-9a-f]{32})\.json\.[0-9a-f]{12}\.tmp$/u.exec(name) ?? [];
    if (indexId !== undefined && !existsSync(registryFile(registry, indexId))) {
      await rm(path.join(registry, name), { force: true });
    }
  }
  await writeRegistryEntry(registry, entry, faults);
}

/**
 * Removes what a killed run left behind of this index's entry. Only for who holds the index's lock.
 */
export async function sweepRegistryEntry(registry: string, indexId: string): Promise<void> {
  await sweepTemporaries(registryFile(registry, indexId));
}

/** The entry whose index was last written at this absolute path; the registry may not exist yet. */
export async function findRegistryEntry(
  registry: string,
  folder: string,
): Promise<RegistryEntry | undefined> {
  let names: string[];
  try {
    names = await readdir(registry);
  } catch {
    return undefined;
  }
  for (const name of names.sort()) {
    const indexId = path.basename(name, ".json");
    const entry =
      name.endsWith(".json") && isIndexId(indexId)
        ? readRegistryEntry(registry, indexId)
        : undefined;
    if (entry?.path === folder) {
      return entry;
    }
  }
  return undefined;
}
