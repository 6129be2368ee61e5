import { embeddingInput } from "@clawkeep/documents";
import type { Embedder } from "@clawkeep/embedder";
import type { FaultHook } from "@clawkeep/durable-files";

import type { Catalog } from "../catalog/catalog.ts";
import type { CatalogChunk } from "../catalog/catalog-document.ts";
import type { VectorBuild } from "../catalog/vector-cache.ts";

/** Texts between two commits: what a crash can cost, at most. */
const batchSize = 64;

/** What {@link embedMissing} reports to. */
export interface EmbedWatch {
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
  readonly faults?: FaultHook;
}

/**
 * Embeds each distinct input that the catalog has no vector for, and commits vectors batch by batch:
 * nothing is embedded twice, whatever ends the process.
 *
 * @param open Opens the model; not called when nothing is missing.
 * @returns how many inputs were embedded.
 */
export async function embedMissing(
  catalog: Catalog,
  chunks: Iterable<CatalogChunk>,
  build: VectorBuild,
  open: () => Promise<Embedder>,
  watch: EmbedWatch = {},
): Promise<number> {
  const { dimensions } = build;
  const vectors = catalog.vectors(build);
  const missing = new Map<string, CatalogChunk>();
  for (const chunk of chunks) {
    if (!missing.has(chunk.input) && vectors.get(chunk.input) === undefined) {
      missing.set(chunk.input, chunk);
    }
  }
  const queue = [...missing.values()];
  if (queue.length === 0) {
    return 0;
  }
  const embedder = await open();
  watch.onProgress?.(0, queue.length);
  for (let start = 0; start < queue.length; start += batchSize) {
    watch.signal?.throwIfAborted();
    const batch = queue.slice(start, start + batchSize);
    const rows = await embedder.embed(
      batch.map((chunk) => embeddingInput(chunk)),
      watch.signal === undefined ? {} : { signal: watch.signal },
    );
    await watch.faults?.("catalog:vectors", { path: "catalog.sqlite" });
    const done = start + batch.length;
    catalog.transaction(() => {
      batch.forEach((chunk, index) => {
        const vector = rows.slice(index * dimensions, (index + 1) * dimensions);
        vectors.put(chunk.input, vector);
      });
      catalog.setFact("job", JSON.stringify({ stage: "embed", done, total: queue.length }));
    });
    watch.onProgress?.(done, queue.length);
  }
  return queue.length;
}
