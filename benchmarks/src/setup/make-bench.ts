import { existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import path from "node:path";

import { openclawDocuments } from "../../../scripts/real/cold-query/peers.ts";
import { cacheFolder } from "../../../scripts/real/cache.ts";
import { layOutCorpus } from "../data/corpus.ts";
import { makeOurIndex } from "../data/our-index.ts";
import { embedCorpus, realSet, stressSet } from "../data/vector-sets.ts";
import type { Bench } from "../rows/row.ts";
import type { SampleStore } from "../samples/sample-store.ts";
import type { Sizes } from "../sizes.ts";
import { seed } from "../sizes.ts";
import { codeDigest } from "./code-digest.ts";
import { setUpPeers } from "./peers.ts";

/** What rows work with; the peers and data are prepared when a row asks for them. */
export function makeBench(root: string, sizes: Sizes, store: SampleStore): Bench {
  const cache = cacheFolder("bench");
  const scratch = scratchFolder(cache);
  const data = path.join(cache, "data");
  const say = (text: string): void => void process.stderr.write(`  ${text}\n`);
  const corpus = once(() =>
    layOutCorpus(
      openclawDocuments(),
      sizes.corpusChunks === undefined
        ? { name: "all", seed }
        : { name: "part", chunks: sizes.corpusChunks, seed },
      data,
    ),
  );
  const corpusVectors = once(async () => embedCorpus(await corpus(), data, say));
  const digest = codeDigest(root);
  return {
    sizes,
    store,
    peers: setUpPeers(root),
    localRag: path.join(root, "apps/local-rag/dist/main.js"),
    cache,
    scratch,
    codeDigest: digest,
    say,
    corpus,
    corpusVectors,
    sample: once(() =>
      layOutCorpus(
        openclawDocuments(),
        { name: "sample", chunks: sizes.indexingChunks, seed },
        data,
      ),
    ),
    real: async (rows = sizes.real.rows) =>
      realSet(await corpusVectors(), rows, sizes.real.queries, seed),
    stress: (rows = sizes.stress.rows) =>
      Promise.resolve(stressSet(rows, rows > 200_000 ? 200 : sizes.stress.queries, data)),
    ourIndex: async (copies) =>
      makeOurIndex(await corpus(), await corpusVectors(), copies, path.join(cache, "ours"), digest),
  };
}

/** A folder of this process, that goes with it; those of processes that were killed go now. */
function scratchFolder(cache: string): string {
  mkdirSync(cache, { recursive: true });
  for (const name of readdirSync(cache)) {
    const [, pid] = /^scratch-(\d+)$/u.exec(name) ?? [];
    if (pid !== undefined && !existsSync(`/proc/${pid}`)) {
      rmSync(path.join(cache, name), { recursive: true, force: true });
    }
  }
  const folder = path.join(cache, `scratch-${process.pid}`);
  mkdirSync(folder, { recursive: true });
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
}
