import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import path from "node:path";

import { CodedError } from "@clawkeep/diagnostics";

import type { Snapshot } from "../snapshot/snapshot.ts";
import { snapshotFile } from "../snapshot/snapshot.ts";
import { readSnapshot } from "../snapshot/read-snapshot.ts";
import type { RegistryEntry } from "../trust/registry-entry.ts";
import { isTrusted } from "../trust/require-trust.ts";
import {
  findRegistryEntry,
  sweepRegistryEntry,
  writeNewRegistryEntry,
} from "../trust/write-registry.ts";
import type { FaultHook } from "@clawkeep/durable-files";

/** Name of the writer's database inside an index folder. */
export const catalogFile = "catalog.sqlite";

/** Which index a folder holds, and what it answers now. */
export interface IndexIdentity {
  readonly entry: RegistryEntry;
  /** The published snapshot, when there is one of this index. */
  readonly snapshot: Snapshot | undefined;
  /** The id that the catalog must have: another one than `entry.indexId` after a move or a copy. */
  readonly catalogId: string;
}

/**
 * Decides whether this user made the index in a folder, before anything in it is opened for writing.
 * A new folder gets an id, registered before it is used. A moved or copied index gets a new id, so
 * that two folders never share one.
 *
 * @throws CodedError `INDEX_FOREIGN` when the folder holds an index that was not made here.
 */
export async function identifyIndex(
  workspace: string,
  folder: string,
  registry: string,
  faults?: FaultHook,
): Promise<IndexIdentity> {
  const known = await findRegistryEntry(registry, folder);
  const snapshot = readSnapshotOrNothing(folder);
  const trusted = snapshot !== undefined && isTrusted(snapshot, { registry });
  if (known !== undefined) {
    if (
      existsSync(path.join(folder, snapshotFile)) &&
      (!trusted || snapshot.indexId !== known.indexId)
    ) {
      throw foreign(folder);
    }
    await sweepRegistryEntry(registry, known.indexId);
    return { entry: known, snapshot, catalogId: known.indexId };
  }
  const inUse = [catalogFile, snapshotFile].some((name) => existsSync(path.join(folder, name)));
  if (inUse && !trusted) {
    throw foreign(folder);
  }
  const indexId = randomBytes(16).toString("hex");
  const entry: RegistryEntry = { format: 1, indexId, path: folder, workspace, snapshotRoots: [] };
  await writeNewRegistryEntry(registry, entry, faults);
  return { entry, snapshot: undefined, catalogId: trusted ? snapshot.indexId : indexId };
}

function readSnapshotOrNothing(folder: string): Snapshot | undefined {
  try {
    return readSnapshot(folder);
  } catch (error) {
    if (error instanceof CodedError && error.code === "SNAPSHOT_READ") {
      throw error;
    }
    // Damaged or of another version: nothing to keep, and nothing to trust.
    return undefined;
  }
}

function foreign(folder: string): CodedError {
  return new CodedError({
    code: "INDEX_FOREIGN",
    message: `the index in ${folder} was not made here by this user, or was changed by something else; it is left as it is`,
    hint: "look where it comes from, delete that folder, and index again",
  });
}
