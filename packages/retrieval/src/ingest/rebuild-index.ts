import path from "node:path";

import { CodedError } from "@clawkeep/diagnostics";
import type { Finding } from "@clawkeep/diagnostics";
import { chunkerId } from "@clawkeep/documents";
import type { Embedder } from "@clawkeep/embedder";
import { analyserVersion } from "@clawkeep/keyword-index";

import { purgeCatalog } from "../forgetting/purge-catalog.ts";
import type { VectorBuild } from "../catalog/vector-cache.ts";
import type { Snapshot, SnapshotContent } from "../snapshot/snapshot.ts";
import { segmentFolder } from "../snapshot/snapshot.ts";
import { snapshotRoot } from "../snapshot/snapshot-root.ts";
import { buildSegment, treeOf } from "./build-segment.ts";
import { embedMissing } from "./embed-missing.ts";
import { graphMemory } from "./graph-memory.ts";
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
import { vectorsNews, wantsKeywordsFirst } from "./keywords-first.ts";
import { planAll, planChange, segmentLayout } from "./plan-segments.ts";
import { writeTimes } from "./write-times.ts";
import type { Scan } from "./scan-workspace.ts";
import { openScratchFile } from "./scratch-file.ts";

/** Names the analyser in snapshots. */
export const analyserId: string = `bm25-code-${analyserVersion}`;

/**
 * Embeds what has no vector and meanwhile publishes the keyword leg of a new index that has much to embed, writes segments of what is not in a published one, publishes them, and
 * brings the catalog up to date, in this order: each step may be the last one of a killed process.
 */
export async function rebuildIndex(run: IndexRun, scan: Scan, use: ModelUse): Promise<IndexReport> {
  const { catalog, identity, model, options, place } = run;
  const { faults, onProgress, pace, signal } = options;
  const { chunks } = catalog.totals();
  const build = chunks === 0 ? undefined : buildOf(await use.open(), model.spaceId);
  const names = { spaceId: model.spaceId, analyser: analyserId, chunker: chunkerId };
  const { published, embedded } = await embedAll(run, build, use, names);
  // The sessions' memory is what writing the segment may take.
  await use.close();
  signal?.throwIfAborted();
  await pace?.();
  onProgress?.({ stage: "write", chunks });
  const { content, findings } = await writeContent(run, build, names, published);
  const snapshot = await publishContent(run, published, content);
  const newRoot = snapshot.snapshotRoot;
  await writeTimes(run);
  await faults?.("catalog:manifest", { path: path.join(place, catalogFile) });
  catalog.transaction(() => {
    catalog.pruneVectors(build);
    catalog.setFact("analyser", names.analyser);
    catalog.setFact("snapshotRoot", newRoot);
    if (build !== undefined) {
      catalog.setFact("vectorBuild", build.build);
    }
    catalog.clearFact("compact");
    catalog.clearFact("keywordsRoot");
    catalog.clearFact("job");
  });
  await purgeCatalog(run);
  await faults?.("catalog:committed", { path: path.join(place, catalogFile) });
  await removeOldFiles(place, snapshot, faults);
  onProgress?.({ stage: "publish", snapshotRoot: newRoot });
  const seen = { ...scan, findings: [...scan.findings, ...findings] };
  return reportRun(seen, snapshot, identity.snapshot?.snapshotRoot !== newRoot, embedded);
}

/**
 * Embeds what has no vector. Where nobody should wait for that, the keywords are published meanwhile:
 * the sessions embed, and this thread has the time.
 */
async function embedAll(
  run: IndexRun,
  build: VectorBuild | undefined,
  use: ModelUse,
  names: SnapshotNames,
): Promise<{ readonly published: Snapshot | undefined; readonly embedded: number }> {
  const { catalog, identity, options } = run;
  const { faults, onProgress, pace, signal } = options;
  const before = identity.snapshot;
  if (build === undefined) {
    return { published: before, embedded: 0 };
  }
  const first = wantsKeywordsFirst(run, build, before);
  const unpublished = new AbortController();
  let news: ((missing: number) => void) | undefined;
  let publishing: Promise<Snapshot> | undefined;
  const publish = async (): Promise<Snapshot> => {
    try {
      const snapshot = await publishKeywords(run, before, names);
      news = vectorsNews(run, snapshot);
      news(catalog.vectors(build).missing());
      return snapshot;
    } catch (reason) {
      unpublished.abort(reason);
      throw reason;
    }
  };
  const [embedding] = await Promise.allSettled([
    embedMissing(catalog, build, use.open, {
      onBusy: () => {
        publishing = first ? publish() : undefined;
        // Its failure is thrown below, after the units under way are kept.
        publishing?.catch(() => undefined);
      },
      onProgress: (done, total) => {
        news?.(total - done);
        onProgress?.({ stage: "embed", done, total });
      },
      signal: AbortSignal.any([unpublished.signal, ...(signal === undefined ? [] : [signal])]),
      ...(pace === undefined ? {} : { pace }),
      ...(faults === undefined ? {} : { faults }),
    }),
  ]);
  const published = (await publishing) ?? before;
  if (embedding.status === "rejected") {
    throw embedding.reason;
  }
  return { published, embedded: embedding.value };
}

/** The index without vectors, so that it answers while they are made; the next publication has them. */
async function publishKeywords(
  run: IndexRun,
  published: Snapshot | undefined,
  names: SnapshotNames,
): Promise<Snapshot> {
  const { catalog, options, place } = run;
  const { content } = await writeContent(run, undefined, names, undefined);
  const snapshot = await publishContent(run, published, content);
  await options.faults?.("catalog:keywords", { path: path.join(place, catalogFile) });
  catalog.transaction(() => catalog.setFact("keywordsRoot", snapshot.snapshotRoot));
  await writeTimes(run);
  return snapshot;
}

/** Publishes content that is not published yet. */
async function publishContent(
  { identity, modes, options, place, registry }: IndexRun,
  published: Snapshot | undefined,
  content: SnapshotContent,
): Promise<Snapshot> {
  const newRoot = snapshotRoot(content);
  if (published?.snapshotRoot === newRoot) {
    return published;
  }
  const { entry } = identity;
  const sequence = (published?.sequence ?? 0) + 1;
  const snapshot = { ...content, indexId: entry.indexId, sequence, snapshotRoot: newRoot };
  await publishSnapshot(place, registry, entry, published, snapshot, modes, options.faults);
  return snapshot;
}

type SnapshotNames = Pick<SnapshotContent, "spaceId" | "analyser" | "chunker">;

async function writeContent(
  run: IndexRun,
  build: VectorBuild | undefined,
  names: SnapshotNames,
  published: Snapshot | undefined,
): Promise<{ readonly content: SnapshotContent; readonly findings: readonly Finding[] }> {
  const { catalog, modes, options, place } = run;
  const outline = catalog.outline();
  const layout = options.layout ?? segmentLayout;
  const plan =
    published === undefined || !isContinued(run, build, names, published)
      ? planAll(outline, layout)
      : planChange(outline, published, place, build !== undefined, layout);
  const segments = [...plan.kept];
  for (const paths of plan.written) {
    using scratch = openScratchFile(path.join(place, segmentFolder));
    const { sections, chunks } = buildSegment(catalog, build, paths, scratch.descriptor);
    segments.push(await writeNewSegment(place, sections, chunks, modes, options.faults));
  }
  const content = snapshotContent(
    {
      tree: treeOf(catalog),
      documents: outline.length,
      chunks: outline.reduce((sum, document) => sum + document.chunks, 0),
    },
    segments,
    names,
  );
  const findings = build === undefined ? [] : graphMemory(plan.written, outline, options.memory);
  return { content, findings };
}

/**
 * Whether segments of the published snapshot may stay: they hold terms and vectors of the same makers,
 * and nobody asked for what is deleted to be gone from them.
 */
function isContinued(
  { catalog }: IndexRun,
  build: VectorBuild | undefined,
  names: SnapshotNames,
  published: Snapshot,
): boolean {
  return (
    catalog.fact("compact") === undefined &&
    catalog.fact("vectorBuild") === build?.build &&
    published.spaceId === names.spaceId &&
    published.analyser === names.analyser &&
    published.chunker === names.chunker
  );
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
