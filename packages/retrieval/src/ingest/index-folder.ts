import { realpath } from "node:fs/promises";
import path from "node:path";

import { CodedError } from "@clawkeep/diagnostics";
import type { Finding } from "@clawkeep/diagnostics";
import { chunkerId } from "@clawkeep/documents";
import type { FaultHook } from "@clawkeep/durable-files";
import { lockFile } from "@clawkeep/durable-files";
import type { Embedder } from "@clawkeep/embedder";
import type { Digest } from "@clawkeep/integrity";
import { analyserVersion } from "@clawkeep/keyword-index";

import type { Catalog } from "../catalog/catalog.ts";
import { openCatalog } from "../catalog/catalog.ts";
import type { CatalogDocument } from "../catalog/catalog-document.ts";
import type { Snapshot } from "../snapshot/snapshot.ts";
import { snapshotRoot } from "../snapshot/snapshot-root.ts";
import { buildSegmentSections } from "./build-segment.ts";
import { embedMissing } from "./embed-missing.ts";
import type { IndexIdentity } from "./identify-index.ts";
import { catalogFile, identifyIndex } from "./identify-index.ts";
import type { IndexProgress } from "./index-progress.ts";
import type { FolderModes } from "./prepare-folder.ts";
import { folderModes, prepareFolder } from "./prepare-folder.ts";
import {
  publishSnapshot,
  removeOldFiles,
  snapshotContent,
  writeNewSegment,
} from "./publish-snapshot.ts";
import type { Scan } from "./scan-workspace.ts";
import { scanWorkspace } from "./scan-workspace.ts";

const analyserId = `bm25-code-${analyserVersion}`;

/** The embedding model of an index. */
export interface IndexModel {
  /** Names the space of its vectors; known without opening it. */
  readonly spaceId: string;
  /** Opens it. Called only when something has to be cut or embedded; the caller closes it. */
  readonly open: () => Promise<Embedder>;
}

/** What {@link indexFolder} can be told besides the four things it needs. */
export interface IndexOptions {
  /** Workspace-relative paths to index instead of everything below the workspace. */
  readonly list?: readonly string[];
  /** Read every file again, whatever its size and times say. Default false. */
  readonly rehash?: boolean;
  /** Let other users of the machine read the index (folders 0755, files 0644). Default false. */
  readonly shared?: boolean;
  readonly onProgress?: (progress: IndexProgress) => void;
  /** Stops the run; what was embedded is kept, the published index stays. */
  readonly signal?: AbortSignal;
  /** How long to wait for another writer, in milliseconds. Default 0. */
  readonly waitMs?: number;
  /** Milliseconds since 1970. Default `Date.now`. */
  readonly now?: () => number;
  /** For tests: told of each step that changes the disk. */
  readonly faults?: FaultHook;
}

/** What one run did. */
export interface IndexReport {
  readonly indexId: string;
  readonly snapshotRoot: Digest;
  readonly sequence: number;
  /** False when the published snapshot already had this content. */
  readonly published: boolean;
  readonly documents: number;
  readonly chunks: number;
  /** Files that are new, or whose content changed. */
  readonly changed: number;
  readonly unchanged: number;
  readonly removed: number;
  /** Passages embedded by this run; the others came from the cache. */
  readonly embedded: number;
  readonly findings: readonly Finding[];
}

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
  const run: Run = { root, place, registry, model, options, modes, identity, catalog };
  adoptCatalog(run);
  return await update(run);
}

interface Run {
  readonly root: string;
  readonly place: string;
  readonly registry: string;
  readonly model: IndexModel;
  readonly options: IndexOptions;
  readonly modes: FolderModes;
  readonly identity: IndexIdentity;
  readonly catalog: Catalog;
}

/** The catalog of a foreign or half-copied index must not lend its vectors to this one. */
function adoptCatalog({ catalog, identity, place, root }: Run): void {
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

async function update(run: Run): Promise<IndexReport> {
  const { catalog, identity, model, options } = run;
  let opened: Promise<Embedder> | undefined;
  const open = (): Promise<Embedder> => (opened ??= model.open());
  const sameModel =
    catalog.fact("spaceId") === model.spaceId && catalog.fact("chunker") === chunkerId;
  const known = sameModel ? catalog.documents() : new Map<string, never>();
  const scan = await scanWorkspace({
    workspace: run.root,
    folder: run.place,
    known,
    ...(options.list === undefined ? {} : { list: options.list }),
    rehash: options.rehash ?? false,
    budget: async () => {
      const embedder = await open();
      return {
        countTokens: (text) => embedder.wordPiece.count(text),
        maxTokens: embedder.maxTokens,
      };
    },
    now: options.now ?? Date.now,
    onFile: (files) => options.onProgress?.({ stage: "scan", files }),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
  const published = identity.snapshot;
  const upToDate =
    sameModel &&
    catalog.fact("analyser") === analyserId &&
    scan.changed.length === 0 &&
    scan.removed.length === 0 &&
    published !== undefined &&
    catalog.fact("snapshotRoot") === published.snapshotRoot;
  if (upToDate) {
    keepHints(catalog, scan);
    await removeOldFiles(run.place, published, options.faults);
    return report(scan, published, false, 0);
  }
  return rebuild(run, scan, known, open);
}

/** Nothing changed: the catalog is touched only to remember times, or to clean up after a crash. */
function keepHints(catalog: Catalog, scan: Scan): void {
  const interrupted = catalog.fact("job") !== undefined;
  if (scan.hints.size > 0 || interrupted) {
    catalog.transaction(() => {
      for (const [file, hint] of scan.hints) {
        catalog.setHint(file, hint);
      }
      if (interrupted) {
        catalog.pruneVectors();
        catalog.clearFact("job");
      }
    });
  }
}

async function rebuild(
  run: Run,
  scan: Scan,
  known: ReadonlyMap<string, Omit<CatalogDocument, "chunks">>,
  open: () => Promise<Embedder>,
): Promise<IndexReport> {
  const { catalog, identity, model, modes, options, place } = run;
  const { faults, onProgress, signal } = options;
  const documents = livingDocuments(catalog, scan, known);
  const embedder = documents.some(({ chunks }) => chunks.length > 0) ? await open() : undefined;
  const vectorIdentity = {
    space: model.spaceId,
    build: embedder?.buildId ?? "",
    dimensions: embedder?.dimensions ?? 0,
  };
  if (embedder !== undefined && embedder.spaceId !== model.spaceId) {
    throw new CodedError({
      code: "INDEX_MODEL",
      message: `expected a model of space ${model.spaceId}, got ${embedder.spaceId}`,
      hint: "the model's files do not belong together: install the package again",
    });
  }
  const chunks = documents.flatMap((document) => document.chunks);
  const embedded = await embedMissing(catalog, chunks, vectorIdentity, open, {
    onProgress: (done, total) => onProgress?.({ stage: "embed", done, total }),
    ...(signal === undefined ? {} : { signal }),
    ...(faults === undefined ? {} : { faults }),
  });
  signal?.throwIfAborted();
  onProgress?.({ stage: "write", chunks: chunks.length });
  const living = documents.filter((document) => document.chunks.length > 0);
  const segments =
    living.length === 0
      ? []
      : [
          await writeNewSegment(
            place,
            buildSegmentSections(living, catalog, vectorIdentity),
            chunks.length,
            modes,
            faults,
          ),
        ];
  const names = { spaceId: model.spaceId, analyser: analyserId, chunker: chunkerId };
  const content = snapshotContent(documents, segments, names);
  const newRoot = snapshotRoot(content);
  const published = identity.snapshot;
  const isNew = published?.snapshotRoot !== newRoot;
  const snapshot: Snapshot = isNew
    ? {
        ...content,
        indexId: identity.entry.indexId,
        sequence: (published?.sequence ?? 0) + 1,
        snapshotRoot: newRoot,
      }
    : published;
  if (isNew) {
    await publishSnapshot(place, run.registry, identity.entry, published, snapshot, modes, faults);
  }
  await faults?.("catalog:manifest", { path: path.join(place, catalogFile) });
  const paths = new Set(documents.map((document) => document.path));
  // Asked of the catalog, not of the scan, which knows nothing old after a change of the model.
  const gone = [...catalog.documents().keys()].filter((file) => !paths.has(file));
  catalog.transaction(() => {
    gone.forEach((file) => catalog.removeDocument(file));
    scan.changed.forEach((document) => catalog.putDocument(document));
    scan.hints.forEach((hint, file) => catalog.setHint(file, hint));
    catalog.pruneVectors(embedder === undefined ? undefined : vectorIdentity);
    for (const [name, value] of Object.entries(names)) {
      catalog.setFact(name as keyof typeof names, value);
    }
    catalog.setFact("snapshotRoot", newRoot);
    catalog.clearFact("job");
  });
  await faults?.("catalog:committed", { path: path.join(place, catalogFile) });
  await removeOldFiles(place, snapshot, faults);
  onProgress?.({ stage: "publish", snapshotRoot: newRoot });
  return report(scan, snapshot, isNew, embedded);
}

/** Changed documents and the unchanged ones out of the catalog, by the bytes of their paths. */
function livingDocuments(
  catalog: Catalog,
  scan: Scan,
  known: ReadonlyMap<string, Omit<CatalogDocument, "chunks">>,
): readonly CatalogDocument[] {
  const chunks = scan.unchanged.length === 0 ? new Map<string, never>() : catalog.chunks();
  const unchanged = scan.unchanged.flatMap((file) => {
    const document = known.get(file);
    return document === undefined ? [] : [{ ...document, chunks: chunks.get(file) ?? [] }];
  });
  return [...scan.changed, ...unchanged].sort((a, b) =>
    Buffer.compare(Buffer.from(a.path), Buffer.from(b.path)),
  );
}

function report(scan: Scan, snapshot: Snapshot, published: boolean, embedded: number): IndexReport {
  return {
    indexId: snapshot.indexId,
    snapshotRoot: snapshot.snapshotRoot,
    sequence: snapshot.sequence,
    published,
    documents: snapshot.documents,
    chunks: snapshot.chunks,
    changed: scan.changed.length,
    unchanged: scan.unchanged.length,
    removed: scan.removed.length,
    embedded,
    findings: scan.findings,
  };
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
