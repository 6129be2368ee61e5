import path from "node:path";

import { CodedError } from "@clawkeep/diagnostics";

import { readPublished } from "./read-published.ts";
import type { Snapshot } from "./snapshot.ts";
import { snapshotFile } from "./snapshot.ts";
import { parseSnapshot } from "./snapshot-json.ts";

/** A snapshot is some hundred bytes, and a bitset for each segment. */
const largestSnapshot = 64 * 1024 * 1024;

/**
 * The published snapshot of an index folder, or undefined when nothing was published there.
 * Synchronous, because a cold query does nothing meanwhile.
 *
 * @throws CodedError `SNAPSHOT_READ` when the file cannot be read, or what `parseSnapshot` throws.
 */
export function readSnapshot(folder: string): Snapshot | undefined {
  const text = readSnapshotText(folder);
  return text === undefined ? undefined : parseSnapshotText(folder, text);
}

/**
 * The text of {@link readSnapshot}, for who knows already what it says.
 *
 * @throws CodedError `SNAPSHOT_READ`
 */
export function readSnapshotText(folder: string): string | undefined {
  const file = path.join(folder, snapshotFile);
  try {
    return readPublished(file, largestSnapshot);
  } catch (error) {
    throw new CodedError({
      code: "SNAPSHOT_READ",
      message: `expected to read ${file}, got: ${error instanceof Error ? error.message : String(error)}`,
      hint: "check the permissions of the index folder",
      cause: error,
    });
  }
}

/** @throws what `parseSnapshot` throws. */
export function parseSnapshotText(folder: string, text: string): Snapshot {
  return parseSnapshot(text, path.join(folder, snapshotFile));
}
