import path from "node:path";

import { CodedError } from "@clawkeep/diagnostics";
import { chunkerId } from "@clawkeep/documents";
import type { Embedder } from "@clawkeep/embedder";
import { analyserVersion } from "@clawkeep/keyword-index";

import type { Catalog } from "../catalog/catalog.ts";
import type { CatalogDocument } from "../catalog/catalog-document.ts";
import type { VectorBuild } from "../catalog/vector-cache.ts";
import type { Snapshot, SnapshotSegment } from "../snapshot/snapshot.ts";
import { snapshotRoot } from "../snapshot/snapshot-root.ts";
import { buildSegmentSections } from "./build-segment.ts";
import { embedMissing } from "./embed-missing.ts";
import { catalogFile } from "./identify-index.ts";
import type { IndexReport, IndexRun } from "./index-run.ts";
import { reportRun } from "./index-run.ts";
import {
  publishSnapshot,
  removeOldFiles,
  snapshotContent,
  writeNewSegment,
} from "./publish-snapshot.ts";
import type { Scan } from "./scan-workspace.ts";

/** Names the analyser in snapshots. */
export const analyserId: string = `bm25-code-${analyserVersion}`;

/**
 * Embeds what has no vector, writes one segment of all living documents, publishes it, and brings the
 * catalog up to date, in this order: each step may be the last one of a killed process.
 *
 * @param known What the catalog holds and is still good for this model and chunker.
 * @param open Opens the model, once however often it is called.
 */
export async function rebuildIndex(
  run: IndexRun,
  scan: Scan,
  known: ReadonlyMap<string, Omit<CatalogDocument, "chunks">>,
  open: () => Promise<Embedder>,
): Promise<IndexReport> {
  const { catalog, identity, model, modes, options, place } = run;
  const { faults, onProgress, signal } = options;
  const documents = livingDocuments(catalog, scan, known);
  const chunks = documents.flatMap((document) => document.chunks);
  const build = chunks.length === 0 ? undefined : buildOf(await open(), model.spaceId);
  let embedded = 0;
  let segments: readonly SnapshotSegment[] = [];
  if (build !== undefined) {
    embedded = await embedMissing(catalog, chunks, build, open, {
      onProgress: (done, total) => onProgress?.({ stage: "embed", done, total }),
      ...(signal === undefined ? {} : { signal }),
      ...(faults === undefined ? {} : { faults }),
    });
    signal?.throwIfAborted();
    onProgress?.({ stage: "write", chunks: chunks.length });
    const living = documents.filter((document) => document.chunks.length > 0);
    const sections = buildSegmentSections(living, catalog, build);
    segments = [await writeNewSegment(place, sections, chunks.length, modes, faults)];
  }
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
  commitManifest(catalog, documents, scan, build, { ...names, snapshotRoot: newRoot });
  await faults?.("catalog:committed", { path: path.join(place, catalogFile) });
  await removeOldFiles(place, snapshot, faults);
  onProgress?.({ stage: "publish", snapshotRoot: newRoot });
  return reportRun(scan, snapshot, isNew, embedded);
}

function buildOf(embedder: Embedder, spaceId: string): VectorBuild {
  if (embedder.spaceId !== spaceId) {
    throw new CodedError({
      code: "INDEX_MODEL",
      message: `expected a model of space ${spaceId}, got ${embedder.spaceId}`,
      hint: "the model's files do not belong together: install the package again",
    });
  }
  const { buildId, dimensions } = embedder;
  return { space: spaceId, build: buildId, dimensions };
}

type ManifestFacts = Readonly<Record<"spaceId" | "analyser" | "chunker" | "snapshotRoot", string>>;

function commitManifest(
  catalog: Catalog,
  documents: readonly CatalogDocument[],
  scan: Scan,
  build: VectorBuild | undefined,
  facts: ManifestFacts,
): void {
  const paths = new Set(documents.map((document) => document.path));
  // Asked of the catalog, not of the scan, which knows nothing old after a change of the model.
  const gone = [...catalog.documents().keys()].filter((file) => !paths.has(file));
  catalog.transaction(() => {
    gone.forEach((file) => catalog.removeDocument(file));
    scan.changed.forEach((document) => catalog.putDocument(document));
    scan.hints.forEach((hint, file) => catalog.setHint(file, hint));
    catalog.pruneVectors(build);
    catalog.setFact("spaceId", facts.spaceId);
    catalog.setFact("analyser", facts.analyser);
    catalog.setFact("chunker", facts.chunker);
    catalog.setFact("snapshotRoot", facts.snapshotRoot);
    catalog.clearFact("job");
  });
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
