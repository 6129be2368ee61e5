import { renameSync, writeFileSync } from "node:fs";
import path from "node:path";

import type { VectorBuild } from "../catalog/vector-cache.ts";
import type { Snapshot } from "../snapshot/snapshot.ts";
import { formatVectorsState, vectorsFile } from "../snapshot/vectors-state.ts";
import type { IndexRun } from "./index-run.ts";

/** Passages without a vector from which on nobody should wait for them: some seconds of work. */
const worthIt = 512;
/** How often the news is written, at most. */
const newsEveryMs = 500;

/**
 * Whether an index should answer by keywords while its vectors are made: when nothing better is
 * published, and there is much to do.
 *
 * @param published The published snapshot of this index.
 */
export function wantsKeywordsFirst(
  { catalog, options }: IndexRun,
  build: VectorBuild,
  published: Snapshot | undefined,
): boolean {
  const nothingBetter =
    published === undefined || published.snapshotRoot === catalog.fact("keywordsRoot");
  return nothingBetter && catalog.vectors(build).missing() >= (options.keywordsFirst ?? worthIt);
}

/** Tells readers now and then how far the vectors are. That it fails is no reason to stop. */
export function vectorsNews(
  { place, modes }: IndexRun,
  { chunks, snapshotRoot }: Snapshot,
): (missing: number) => void {
  const target = path.join(place, vectorsFile);
  let last = -Infinity;
  return (missing) => {
    const now = performance.now();
    if (now - last < newsEveryMs) {
      return;
    }
    last = now;
    try {
      const done = Math.max(0, chunks - missing);
      const text = formatVectorsState({ snapshotRoot, done, total: chunks });
      writeFileSync(`${target}.tmp`, text, { mode: modes.file });
      renameSync(`${target}.tmp`, target);
    } catch {
      // A full disk stops the run where it matters.
    }
  };
}
