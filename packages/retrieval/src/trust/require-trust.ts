import { CodedError } from "@clawkeep/diagnostics";
import type { Digest } from "@clawkeep/integrity";

import type { Snapshot } from "../snapshot/snapshot.ts";
import { readRegistryEntry } from "./registry-entry.ts";

/**
 * Why an index may be answered from: its content was published here, or the caller names the very
 * content by its root. An index folder comes with whatever a workspace comes with, so neither its
 * place nor anything in it is a reason.
 */
export interface IndexTrust {
  /** Folder of this user's registry. */
  readonly registry?: string;
  /** A root that the user decided to trust. */
  readonly snapshotRoot?: Digest;
}

/** True when the snapshot's root is one that this user's registry or the user names. */
export function isTrusted(snapshot: Snapshot, trust: IndexTrust): boolean {
  if (trust.snapshotRoot === snapshot.snapshotRoot) {
    return true;
  }
  const entry =
    trust.registry === undefined ? undefined : readRegistryEntry(trust.registry, snapshot.indexId);
  return entry?.snapshotRoots.includes(snapshot.snapshotRoot) ?? false;
}

/**
 * Refuses an index that was neither made here nor trusted by hand.
 *
 * @throws CodedError `INDEX_UNTRUSTED`.
 */
export function requireTrust(snapshot: Snapshot, trust: IndexTrust, folder: string): void {
  if (!isTrusted(snapshot, trust)) {
    throw new CodedError({
      code: "INDEX_UNTRUSTED",
      message: `the index in ${folder} was not made here by this user (root ${snapshot.snapshotRoot})`,
      hint: `delete it and index again, or trust exactly this content with --trust-index ${snapshot.snapshotRoot}`,
    });
  }
}
