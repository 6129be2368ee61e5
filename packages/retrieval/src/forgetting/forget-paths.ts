import { existsSync, statSync } from "node:fs";
import { realpath } from "node:fs/promises";
import path from "node:path";

import { CodedError } from "@clawkeep/diagnostics";
import { chunkerId } from "@clawkeep/documents";
import { lockFile } from "@clawkeep/durable-files";
import type { Digest } from "@clawkeep/integrity";

import { openCatalog } from "../catalog/catalog.ts";
import { catalogFile, identifyIndex } from "../ingest/identify-index.ts";
import type { IndexModel, IndexOptions, IndexRun } from "../ingest/index-run.ts";
import { useModel } from "../ingest/model-use.ts";
import { folderModes } from "../ingest/prepare-folder.ts";
import { rebuildIndex } from "../ingest/rebuild-index.ts";
import { snapshotFile } from "../snapshot/snapshot.ts";
import { findRegistryEntry } from "../trust/write-registry.ts";
import { forgets, forgottenPatterns, keepPatterns, toPattern } from "./forget-list.ts";

/** What {@link forgetPaths} did. */
export interface ForgetReport {
  /** Documents that were in the index and are not any more. */
  readonly forgotten: readonly string[];
  /** Patterns given that are on the list now, or were taken off it. */
  readonly patterns: readonly string[];
  /** The whole list. */
  readonly list: readonly string[];
  /** What queries see. */
  readonly snapshotRoot: Digest;
}

/** How {@link forgetPaths} goes about it. */
export type ForgetOptions = Pick<IndexOptions, "faults" | "layout" | "signal" | "waitMs"> & {
  /** Take the patterns off the list instead: the next indexing run reads those files again. */
  readonly undo?: boolean;
};

/**
 * Takes documents out of an index so that their text is nowhere in its folder: not in the segment, not
 * in the catalog, not among its vectors, not in its free pages. They stay out, whatever the workspace
 * holds, until that is undone. The workspace is not read, and need not be there.
 *
 * @param folder Index folder; must have been made here.
 * @param patterns Paths of files or folders, or globs, relative to the workspace.
 * @throws CodedError `FORGET_PATTERN`, `INDEX_MISSING`, `INDEX_FOREIGN`, `FORGET_UNFINISHED`, and what
 *   `indexFolder` throws.
 */
export async function forgetPaths(
  folder: string,
  registry: string,
  model: IndexModel,
  patterns: readonly string[],
  options: ForgetOptions = {},
): Promise<ForgetReport> {
  if (!existsSync(path.join(folder, catalogFile))) {
    throw missing(folder);
  }
  const place = await realpath(folder);
  using _lock = await lockFile(path.join(place, "writer.lock"), {
    waitMs: options.waitMs ?? 0,
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
  const root = (await findRegistryEntry(registry, place))?.workspace;
  if (root === undefined) {
    throw missing(folder);
  }
  const identity = await identifyIndex(root, place, registry, options.faults);
  const snapshot = identity.snapshot;
  if (snapshot === undefined) {
    throw missing(folder);
  }
  using catalog = openCatalog(path.join(place, catalogFile));
  const modes = folderModes((statSync(path.join(place, snapshotFile)).mode & 0o004) !== 0);
  const run: IndexRun = { root, place, registry, model, options, modes, identity, catalog };
  const given = patterns.map((pattern) => toPattern(root, pattern));
  const before = forgottenPatterns(catalog);
  const undone = new Set(options.undo === true ? given : []);
  const list = [...new Set(options.undo === true ? before : [...before, ...given])]
    .filter((pattern) => !undone.has(pattern))
    .sort();
  const isForgotten = forgets(list);
  const documents = catalog.documents();
  const gone = [...documents].filter(([file]) => isForgotten(file));
  await options.faults?.("catalog:forget", { path: path.join(place, catalogFile) });
  catalog.transaction(() => {
    keepPatterns(catalog, list);
    if (gone.length > 0) {
      gone.forEach(([file]) => catalog.removeDocument(file));
      catalog.pruneVectors();
      catalog.setFact("purge", "due");
    }
    // Segments keep what was deleted from them, also of files that are long gone, until they are written anew.
    const keepsDeleted = snapshot.segments.some(({ deleted }) => deleted !== undefined);
    if (gone.length > 0 || (options.undo !== true && keepsDeleted)) {
      catalog.setFact("job", JSON.stringify({ stage: "forget" }));
      catalog.setFact("compact", "asked");
    }
  });
  const forgotten = gone.flatMap(([file, { indexed }]) => (indexed ? [file] : []));
  const report = { forgotten, patterns: given, list };
  if (catalog.fact("job") === undefined || options.undo === true) {
    return { ...report, snapshotRoot: snapshot.snapshotRoot };
  }
  if (catalog.fact("spaceId") !== model.spaceId || catalog.fact("chunker") !== chunkerId) {
    throw new CodedError({
      code: "FORGET_UNFINISHED",
      message: `${place} was made by another version or for another model: what is to be forgotten is on its list, and the published index still holds it`,
      hint: "run local-rag index to make it anew without that",
    });
  }
  const use = useModel(model);
  try {
    const removed = gone.map(([file]) => file);
    const none = {
      changed: 0,
      unchanged: 0,
      moved: 0,
      hints: new Map(),
      findings: [],
      refused: [],
    };
    const scan = { ...none, removed };
    const { snapshotRoot } = await rebuildIndex(run, scan, use);
    return { ...report, snapshotRoot };
  } finally {
    await use.close();
  }
}

function missing(folder: string): CodedError {
  return new CodedError({
    code: "INDEX_MISSING",
    message: `expected an index that was made here in ${folder}, got none`,
    hint: "name it with --index; one that was never made holds nothing to forget",
  });
}
