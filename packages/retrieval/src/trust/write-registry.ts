import { readdir } from "node:fs/promises";
import path from "node:path";

import type { FaultHook } from "@clawkeep/durable-files";
import { ensurePrivateFolder, replaceFile } from "@clawkeep/durable-files";

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
