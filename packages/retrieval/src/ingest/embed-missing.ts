import type { FaultHook } from "@clawkeep/durable-files";
import type { Embedder } from "@clawkeep/embedder";

import type { Catalog } from "../catalog/catalog.ts";
import type { VectorBuild, VectorCache } from "../catalog/vector-cache.ts";
import type { WorkUnit } from "./plan-work.ts";
import { planWork, textsOf } from "./plan-work.ts";

/** Vectors that wait for a commit: with the units under way, what a kill can cost at most. */
const textsPerCommit = 64;
const commitEveryMs = 200;
/**
 * Units under way for each session: half a second of work, so that sessions have some while this thread
 * writes the keyword leg or waits for the disk.
 */
const unitsPerSession = 4;

/** What {@link embedMissing} reports to. */
export interface EmbedWatch {
  readonly onProgress?: (done: number, total: number) => void;
  /** Called once, when every session has work and this thread has time; before the first failure is thrown. */
  readonly onBusy?: () => void;
  readonly signal?: AbortSignal;
  readonly pace?: () => Promise<void>;
  readonly faults?: FaultHook;
}

/**
 * Embeds each distinct input that the catalog has no vector for, longest first, and commits vectors as
 * they come. Only a few units a session are under way at a time: texts wait in the catalog, not in memory. When
 * it is told to stop, it waits for the units under way and keeps them, so that nothing is embedded twice.
 *
 * @param open Opens the model; not called when nothing is missing.
 * @returns how many inputs were embedded.
 */
export async function embedMissing(
  catalog: Catalog,
  build: VectorBuild,
  open: () => Promise<Embedder>,
  watch: EmbedWatch = {},
): Promise<number> {
  const vectors = catalog.vectors(build);
  const total = vectors.missing();
  if (total === 0) {
    return 0;
  }
  const embedder = await open();
  watch.onProgress?.(0, total);
  const keeper = keepVectors(catalog, vectors, build.dimensions, total, watch);
  const under = new Set<Promise<void>>();
  let failure: { readonly reason: unknown } | undefined;
  let busy = false;
  const tellBusy = (): void => {
    if (!busy) {
      busy = true;
      watch.onBusy?.();
    }
  };
  for (const unit of planWork(vectors)) {
    await watch.pace?.();
    if (watch.signal?.aborted === true || failure !== undefined) {
      break;
    }
    const work = embedder
      .embed(textsOf(unit))
      .then((rows) => keeper.take(unit, rows))
      .catch((reason: unknown) => {
        failure ??= { reason };
      })
      .finally(() => under.delete(work));
    under.add(work);
    if (under.size >= embedder.sessions * unitsPerSession) {
      tellBusy();
      await Promise.race(under);
    }
    await keeper.commitIfDue();
  }
  tellBusy();
  await Promise.all(under);
  await keeper.commit();
  if (failure !== undefined) {
    throw failure.reason;
  }
  watch.signal?.throwIfAborted();
  return total;
}

interface Keeper {
  take(unit: WorkUnit, rows: Float32Array): void;
  commitIfDue(): Promise<void>;
  commit(): Promise<void>;
}

function keepVectors(
  catalog: Catalog,
  vectors: VectorCache,
  dimensions: number,
  total: number,
  watch: EmbedWatch,
): Keeper {
  let finished: { readonly unit: WorkUnit; readonly rows: Float32Array }[] = [];
  let [waiting, done, last] = [0, 0, performance.now()];
  const commit = async (): Promise<void> => {
    if (waiting === 0) {
      return;
    }
    await watch.faults?.("catalog:vectors", { path: "catalog.sqlite" });
    const group = finished;
    done += waiting;
    [finished, waiting] = [[], 0];
    catalog.transaction(() => {
      for (const { unit, rows } of group) {
        unit.forEach(({ input }, index) => {
          vectors.put(input, rows.subarray(index * dimensions, (index + 1) * dimensions));
        });
      }
      catalog.setFact("job", JSON.stringify({ stage: "embed", done, total }));
    });
    last = performance.now();
    watch.onProgress?.(done, total);
  };
  return {
    take: (unit, rows) => {
      finished.push({ unit, rows });
      waiting += unit.length;
    },
    commitIfDue: async () => {
      if (waiting >= textsPerCommit || performance.now() - last >= commitEveryMs) {
        await commit();
      }
    },
    commit,
  };
}
