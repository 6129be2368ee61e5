import path from "node:path";

import { CodedError } from "@clawkeep/diagnostics";
import { chunkerId } from "@clawkeep/documents";
import type { Embedder } from "@clawkeep/embedder";
import { analyserVersion } from "@clawkeep/keyword-index";

import type { VectorBuild } from "../catalog/vector-cache.ts";
import type { Snapshot, SnapshotContent } from "../snapshot/snapshot.ts";
import { segmentFolder } from "../snapshot/snapshot.ts";
import { snapshotRoot } from "../snapshot/snapshot-root.ts";
import { buildSegment } from "./build-segment.ts";
import { embedMissing } from "./embed-missing.ts";
import { catalogFile } from "./identify-index.ts";
import type { IndexReport, IndexRun } from "./index-run.ts";
import { reportRun } from "./index-run.ts";
import type { ModelUse } from "./model-use.ts";
import {
  publishSnapshot,
  removeOldFiles,
  snapshotContent,
  writeNewSegment,
} from "./publish-snapshot.ts";
import type { Scan } from "./scan-workspace.ts";
import { openScratchFile } from "./scratch-file.ts";

/** Names the analyser in snapshots. */
export const analyserId: string = `bm25-code-${analyserVersion}`;

/**
 * Embeds what has no vector, writes one segment of all documents of the catalog, publishes it, and
 * brings the catalog up to date, in this order: each step may be the last one of a killed process.
 */
export async function rebuildIndex(run: IndexRun, scan: Scan, use: ModelUse): Promise<IndexReport> {
  const { catalog, identity, model, modes, options, place } = run;
  const { faults, onProgress, pace, signal } = options;
  const { chunks } = catalog.totals();
  const build = chunks === 0 ? undefined : buildOf(await use.open(), model.spaceId);
  const embedded =
    build === undefined
      ? 0
      : await embedMissing(catalog, build, use.open, {
          onProgress: (done, total) => onProgress?.({ stage: "embed", done, total }),
          ...(signal === undefined ? {} : { signal }),
          ...(pace === undefined ? {} : { pace }),
          ...(faults === undefined ? {} : { faults }),
        });
  // The sessions' memory is what writing the segment may take.
  await use.close();
  signal?.throwIfAborted();
  await pace?.();
  onProgress?.({ stage: "write", chunks });
  const names = { spaceId: model.spaceId, analyser: analyserId, chunker: chunkerId };
  const content = await writeContent(run, build, names);
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
  catalog.transaction(() => {
    catalog.pruneVectors(build);
    catalog.setFact("analyser", names.analyser);
    catalog.setFact("snapshotRoot", newRoot);
    catalog.clearFact("job");
  });
  await faults?.("catalog:committed", { path: path.join(place, catalogFile) });
  await removeOldFiles(place, snapshot, faults);
  onProgress?.({ stage: "publish", snapshotRoot: newRoot });
  return reportRun(scan, snapshot, isNew, embedded);
}

async function writeContent(
  { catalog, modes, options, place }: IndexRun,
  build: VectorBuild | undefined,
  names: Pick<SnapshotContent, "spaceId" | "analyser" | "chunker">,
): Promise<SnapshotContent> {
  using scratch = openScratchFile(path.join(place, segmentFolder));
  const parts = buildSegment(catalog, build, scratch.descriptor);
  const segments =
    parts.sections.length === 0
      ? []
      : [await writeNewSegment(place, parts.sections, parts.chunks, modes, options.faults)];
  return snapshotContent(parts, segments, names);
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
