import { existsSync } from "node:fs";
import { realpath } from "node:fs/promises";
import path from "node:path";

import { CodedError } from "@clawkeep/diagnostics";
import type { Finding } from "@clawkeep/diagnostics";
import { chunkerId } from "@clawkeep/documents";
import { lockFile } from "@clawkeep/durable-files";

import type { Catalog } from "../catalog/catalog.ts";
import { openCatalog } from "../catalog/catalog.ts";
import { forgets, forgottenPatterns } from "../forgetting/forget-list.ts";
import { purgeCatalog } from "../forgetting/purge-catalog.ts";
import { timesFile } from "../snapshot/file-times.ts";
import { catalogFile, identifyIndex } from "./identify-index.ts";
import type { IndexModel, IndexOptions, IndexReport, IndexRun } from "./index-run.ts";
import { reportRun } from "./index-run.ts";
import { folderModes, prepareFolder } from "./prepare-folder.ts";
import type { ModelUse } from "./model-use.ts";
import { useModel } from "./model-use.ts";
import { removeOldFiles } from "./publish-snapshot.ts";
import { analyserId, rebuildIndex } from "./rebuild-index.ts";
import type { Scan } from "./scan-workspace.ts";
import { scanWorkspace } from "./scan-workspace.ts";
import { writeTimes } from "./write-times.ts";
import { storeDocuments } from "./store-documents.ts";

/**
 * Brings the index of a workspace up to date and publishes it in one step: whoever queries sees the
 * old index or the new one. A file whose content did not change is not embedded again, and when
 * nothing changed nothing is written. Killed at any moment, the old index answers and the next run
 * goes on.
 *
 * @param workspace Folder to index.
 * @param folder Index folder, usually `<workspace>/.clawkeep/index`.
 * @param registry Folder of this user's registry of indexes.
 * @throws CodedError `INDEX_FOREIGN`, `INDEX_FOLDER`, `INDEX_WORKSPACE`, `FILE_LOCKED`, `CATALOG_*`,
 *   `SEGMENT_WRITE`, `FILE_NOT_REPLACED`, `DOCUMENT_ROOT`; the signal's reason when aborted.
 */
export async function indexFolder(
  workspace: string,
  folder: string,
  registry: string,
  model: IndexModel,
  options: IndexOptions = {},
): Promise<IndexReport> {
  const root = await realFolder(workspace);
  const target = path.resolve(folder);
  const modes = folderModes(options.shared ?? false);
  await prepareFolder(root, target, modes);
  const place = await realpath(target);
  using _lock = await lockFile(path.join(place, "writer.lock"), {
    waitMs: options.waitMs ?? 0,
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
  const identity = await identifyIndex(root, place, registry, options.faults);
  using catalog = openCatalog(path.join(place, catalogFile), { create: true });
  const run: IndexRun = { root, place, registry, model, options, modes, identity, catalog };
  adoptCatalog(run);
  return await update(run);
}

/** The catalog of a foreign or half-copied index must not lend its vectors to this one. */
function adoptCatalog({ catalog, identity, place, root }: IndexRun): void {
  const catalogId = catalog.fact("indexId");
  if (
    catalogId !== undefined &&
    catalogId !== identity.catalogId &&
    catalogId !== identity.entry.indexId
  ) {
    throw new CodedError({
      code: "INDEX_FOREIGN",
      message: `the catalog in ${place} belongs to another index; it is left as it is`,
      hint: "look where it comes from, delete that folder, and index again",
    });
  }
  if (catalogId !== identity.entry.indexId || catalog.fact("workspace") !== root) {
    catalog.transaction(() => {
      catalog.setFact("indexId", identity.entry.indexId);
      catalog.setFact("workspace", root);
    });
  }
}

async function update(run: IndexRun): Promise<IndexReport> {
  const use = useModel(run.model);
  try {
    return await updateWith(run, use);
  } finally {
    await use.close();
  }
}

async function updateWith(run: IndexRun, use: ModelUse): Promise<IndexReport> {
  const { catalog, identity, model, options } = run;
  if (catalog.fact("spaceId") !== model.spaceId || catalog.fact("chunker") !== chunkerId) {
    adoptModel(catalog, model.spaceId);
  }
  const interrupted = catalog.fact("job") !== undefined;
  if (options.compact === true) {
    // Kept until it is done, whoever ends this run.
    catalog.transaction(() => catalog.setFact("compact", "asked"));
  }
  const store = storeDocuments(catalog, options.faults);
  const known = catalog.documents();
  let scan: Scan;
  try {
    scan = await scanWorkspace(
      {
        workspace: run.root,
        folder: run.place,
        known,
        isForgotten: forgets(forgottenPatterns(catalog)),
        ...(options.list === undefined ? {} : { list: options.list }),
        rehash: options.rehash ?? false,
        budget: async () => {
          const embedder = await use.open();
          return {
            countTokens: (text) => embedder.wordPiece.count(text),
            maxTokens: embedder.maxTokens,
          };
        },
        now: options.now ?? Date.now,
        onFile: (files) => options.onProgress?.({ stage: "scan", files }),
        ...(options.onFolder === undefined ? {} : { onFolder: options.onFolder }),
        ...(options.reader === undefined ? {} : { reader: options.reader }),
        ...(options.signal === undefined ? {} : { signal: options.signal }),
      },
      {
        put: async (document) => {
          await store.put(document);
          await options.pace?.();
        },
        move: (from, to, hint) => store.move(from, to, hint),
      },
    );
  } finally {
    // What was read is kept, also when the run is told to stop.
    await store.flush();
  }
  const published = identity.snapshot;
  const upToDate =
    catalog.fact("job") === undefined &&
    catalog.fact("compact") === undefined &&
    catalog.fact("analyser") === analyserId &&
    scan.changed === 0 &&
    scan.removed.length === 0 &&
    published !== undefined &&
    catalog.fact("snapshotRoot") === published.snapshotRoot;
  const refused = JSON.stringify(countCodes(scan.refused));
  const news = refused !== (catalog.fact("refused") ?? "{}");
  if (!upToDate || news || scan.hints.size > 0) {
    await options.faults?.("catalog:changes", { path: path.join(run.place, catalogFile) });
    catalog.transaction(() => {
      scan.hints.forEach((hint, file) => catalog.setHint(file, hint));
      if (news) {
        catalog.setFact("refused", refused);
      }
      if (!upToDate) {
        scan.removed.forEach((file) => catalog.removeDocument(file));
        if (interrupted) {
          // What an ended run embedded of texts that are no more: the cache holds living texts only.
          catalog.pruneVectors();
        }
        catalog.setFact("job", JSON.stringify({ stage: "embed" }));
      }
    });
  }
  if (upToDate) {
    if (scan.hints.size > 0 || !existsSync(path.join(run.place, timesFile))) {
      await writeTimes(run);
    }
    await purgeCatalog(run);
    await removeOldFiles(run.place, published, options.faults);
    return reportRun(scan, published, false, 0);
  }
  return await rebuildIndex(run, scan, use);
}

/** How many findings there are of each code, by code. */
function countCodes(findings: readonly Finding[]): Readonly<Record<string, number>> {
  const counts = new Map<string, number>();
  for (const { code } of findings) {
    counts.set(code, (counts.get(code) ?? 0) + 1);
  }
  return Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Chunks are cut for a model: another one, or another chunker, means to read everything anew. */
function adoptModel(catalog: Catalog, spaceId: string): void {
  catalog.transaction(() => {
    catalog.removeDocuments();
    catalog.setFact("spaceId", spaceId);
    catalog.setFact("chunker", chunkerId);
    catalog.setFact("job", JSON.stringify({ stage: "scan" }));
  });
}

async function realFolder(workspace: string): Promise<string> {
  try {
    return await realpath(workspace);
  } catch (error) {
    throw new CodedError({
      code: "INDEX_WORKSPACE",
      message: `expected a folder to index at ${workspace}, got: ${error instanceof Error ? error.message : String(error)}`,
      hint: "name a folder that exists and may be read",
      cause: error,
    });
  }
}
