import { closeSync, constants, fstatSync, openSync, readFileSync } from "node:fs";
import path from "node:path";

import { CodedError } from "@clawkeep/diagnostics";

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
  const file = path.join(folder, snapshotFile);
  let text: string;
  try {
    // O_NONBLOCK: a FIFO planted in its place must not hang the query.
    const descriptor = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const status = fstatSync(descriptor);
      if (!status.isFile() || status.size > largestSnapshot) {
        throw new Error("not a regular file of a snapshot's size");
      }
      text = readFileSync(descriptor, "utf8");
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    if (
      error instanceof Error &&
      "code" in error &&
      (error.code === "ENOENT" || error.code === "ENOTDIR")
    ) {
      return undefined;
    }
    throw new CodedError({
      code: "SNAPSHOT_READ",
      message: `expected to read ${file}, got: ${error instanceof Error ? error.message : String(error)}`,
      hint: "check the permissions of the index folder",
      cause: error,
    });
  }
  return parseSnapshot(text, file);
}
