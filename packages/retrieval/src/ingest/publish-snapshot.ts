import { chmod, readdir, rm } from "node:fs/promises";
import path from "node:path";

import type { FaultHook } from "@clawkeep/durable-files";
import { replaceFile, sweepTemporaries } from "@clawkeep/durable-files";
import type { CompactTree } from "@clawkeep/integrity";
import type { SectionData } from "@clawkeep/segment";
import { writeSegment } from "@clawkeep/segment";

import type { Snapshot, SnapshotContent, SnapshotSegment } from "../snapshot/snapshot.ts";
import { segmentFolder, snapshotFile } from "../snapshot/snapshot.ts";
import { timesFile } from "../snapshot/file-times.ts";
import { vectorsFile } from "../snapshot/vectors-state.ts";
import { formatSnapshot } from "../snapshot/snapshot-json.ts";
import { treeRoot } from "../snapshot/snapshot-root.ts";
import type { RegistryEntry } from "../trust/registry-entry.ts";
import { writeRegistryEntry } from "../trust/write-registry.ts";
import type { FolderModes } from "./prepare-folder.ts";

/** Writes one segment under the name of its digest. Nothing refers to it yet. */
export async function writeNewSegment(
  folder: string,
  sections: readonly SectionData[],
  chunks: number,
  modes: FolderModes,
  faults?: FaultHook,
): Promise<SnapshotSegment> {
  await faults?.("segment:write", { path: path.join(folder, segmentFolder) });
  const written = await writeSegment(
    { folder: path.join(folder, segmentFolder), name: (digest) => `${digest.slice(7)}.seg` },
    sections,
    { chunkCount: chunks, mode: modes.file },
  );
  // The umask may have taken bits that a shared index needs.
  await chmod(written.path, modes.file);
  await faults?.("segment:written", { path: written.path });
  return { file: path.basename(written.path), digest: written.digest, chunks };
}

/** The content of a snapshot that holds these segments. */
export function snapshotContent(
  {
    documents,
    chunks,
    tree,
  }: { readonly documents: number; readonly chunks: number; readonly tree: CompactTree },
  segments: readonly SnapshotSegment[],
  names: Pick<SnapshotContent, "spaceId" | "analyser" | "chunker">,
): SnapshotContent {
  return { format: 1, ...names, segments, documents, chunks, chunkRoot: treeRoot(tree) };
}

/**
 * Makes a snapshot the one that queries see, in one step. The registry learns of its root first and
 * keeps the published one, so that a reader at any moment, and after a crash at any moment, finds the
 * snapshot that it read trusted.
 */
export async function publishSnapshot(
  folder: string,
  registry: string,
  entry: RegistryEntry,
  published: Snapshot | undefined,
  snapshot: Snapshot,
  modes: FolderModes,
  faults?: FaultHook,
): Promise<void> {
  const hooks = faults === undefined ? {} : { faults };
  const roots = new Set([published, snapshot].flatMap((each) => each?.snapshotRoot ?? []));
  await writeRegistryEntry(registry, { ...entry, snapshotRoots: [...roots] }, faults);
  await replaceFile(path.join(folder, snapshotFile), formatSnapshot(snapshot), {
    mode: modes.file,
    ...hooks,
  });
}

/** Removes segments that the snapshot does not name, and what killed runs left behind. */
export async function removeOldFiles(
  folder: string,
  snapshot: Snapshot,
  faults?: FaultHook,
): Promise<void> {
  await sweepTemporaries(path.join(folder, snapshotFile));
  await sweepTemporaries(path.join(folder, timesFile));
  for (const name of [vectorsFile, `${vectorsFile}.tmp`]) {
    await rm(path.join(folder, name), { force: true });
  }
  const kept = new Set(snapshot.segments.map((segment) => segment.file));
  const segments = path.join(folder, segmentFolder);
  for (const name of await readdir(segments)) {
    if (
      !kept.has(name) &&
      (/^[0-9a-f]{64}\.seg$/u.test(name) || /^\.[0-9a-f]{16}\.seg\.tmp$/u.test(name))
    ) {
      await faults?.("segment:remove", { path: path.join(segments, name) });
      await rm(path.join(segments, name), { force: true });
    }
  }
}
