import { mkdirSync, rmSync } from "node:fs";
import path from "node:path";

import { runProgram } from "../measure/run-program.ts";
import { treeRssAnon } from "../measure/tree-memory.ts";
import type { Contender, Rounds } from "../samples/interleave.ts";
import { interleave } from "../samples/interleave.ts";
import type { Sample } from "../samples/sample-store.ts";
import { median, ratioByRound, summarise } from "../statistics/summary.ts";
import { meanCosine } from "../statistics/mean-cosine.ts";
import { readVectors } from "../workers/vectors-file.ts";
import type { Corpus } from "../data/corpus.ts";
import type { EmbedKind } from "./embed-kinds.ts";
import { embedKinds } from "./embed-kinds.ts";
import type { PeerWorker } from "../workers/start-worker.ts";
import { count, figure, spread } from "./figure.ts";
import { fullSpeed } from "./full-speed.ts";
import type { Bench, Comparison, Row } from "./row.ts";
import { WorkersOf } from "./workers-of.ts";

const endToEnd = "clawkeep, local-rag index";
const dimensions = 384;
/** Below this a peer did not do the same work. */
const lowestCosine = 0.97;

/** Chunks a second, end to end. */
export const indexing: Row = {
  id: "indexing",
  about:
    "chunks a second on the same chunks: ours end to end, sentence-transformers, both transformers.js",
  async run(bench) {
    const corpus = await bench.sample();
    const kinds = embedKinds(bench);
    const workers = new WorkersOf();
    try {
      const contenders: readonly Contender[] = [
        endToEndContender(bench, corpus),
        ...kinds.map((kind) => ({
          name: kind.name,
          measure: (round: number) => embedOnce(bench, workers, kinds, kind, corpus, round),
        })),
      ];
      const rounds = await interleave(
        bench.store,
        "indexing",
        contenders,
        bench.sizes.indexingRounds,
      );
      const ours = ratesOf(rounds, endToEnd);
      const compare = (against: string, must: number, aim: number, note?: string): Comparison => {
        const theirs = ratesOf(rounds, against);
        const both = ours.length > 0 && theirs.length > 0;
        return {
          what: "indexing, chunks/s end to end",
          against,
          ratio: both ? ratioByRound(ours, theirs) : undefined,
          must,
          aim,
          ...(note === undefined ? {} : { note }),
        };
      };
      return {
        id: "indexing",
        title: `Indexing ${count(corpus.chunks)} chunks of ${count(corpus.files)} files`,
        method:
          "Everybody embeds the same texts, cut at 256 tokens. Ours end to end is the whole process `local-rag index` on the files: " +
          "start, reading, chunking, embedding, keyword index, segment, SQLite. The peers have the chunks and the model in memory " +
          "already, and the batch size that was fastest in a first pass (sorted by length); sentence-transformers also fills and writes a flat faiss index.",
        measured: [...rounds.samples].map(([contender, samples]) => ({
          contender,
          cells: {
            "chunks/s": spread(summarise(samples.map((sample) => sample["rate"] ?? 0))),
            "chunks per CPU second": figure(
              summarise(samples.map((one) => corpus.chunks / (one["cpuSeconds"] ?? 0))).median,
            ),
            "RssAnon MiB": figure(summarise(samples.map((one) => one["rssAnonMiB"] ?? 0)).median),
            batch: samples[0]?.["batch"] === undefined ? "–" : String(samples[0]["batch"]),
            "cosine to fp32": (samples[0]?.["cosine"] ?? Number.NaN).toFixed(4).replace("NaN", "–"),
          },
        })),
        comparisons: [
          compare("sentence-transformers fp32", 3, 3.5),
          compare("sentence-transformers bf16", 1.3, 1.6, "for CPUs without AMX"),
          compare("@huggingface/transformers q8", 1.7, 2),
        ],
        charts: [
          {
            kind: "bars",
            name: "indexing",
            title: `Indexing ${count(corpus.chunks)} chunks, end to end`,
            unit: "chunks a second; longer is better",
            bars: [...rounds.samples].map(([contender, samples]) => ({
              name: contender,
              ours: contender.startsWith("clawkeep"),
              value: median(samples.map((sample) => sample["rate"] ?? 0)),
            })),
          },
        ],
        missing: rounds.missing,
        sessions: rounds.sessions,
        raw: { chunks: corpus.chunks, digest: corpus.digest, samples: [...rounds.samples] },
      };
    } finally {
      await workers.close();
    }
  },
};

/** Ours as it is used: the whole command. */
function endToEndContender(bench: Bench, corpus: Corpus): Contender {
  return { name: endToEnd, measure: () => indexOnce(bench, corpus.folder, corpus.chunks) };
}

/** Chunks a second of the whole command on the sample: of this run's rounds, measured when they are not there. */
export async function ourIndexingRate(bench: Bench): Promise<number> {
  const contender = endToEndContender(bench, await bench.sample());
  const rounds = await interleave(bench.store, "indexing", [contender], bench.sizes.indexingRounds);
  return summarise(ratesOf(rounds, endToEnd)).median;
}

function ratesOf(rounds: Rounds, name: string): readonly number[] {
  return (rounds.samples.get(name) ?? []).map((sample) => sample["rate"] ?? 0);
}

/** `local-rag index` into a new folder, as one process. */
async function indexOnce(bench: Bench, folder: string, chunks: number): Promise<Sample> {
  const place = path.join(bench.scratch, "indexing");
  rmSync(place, { recursive: true, force: true });
  mkdirSync(path.join(place, "home"), { recursive: true, mode: 0o700 });
  const index = path.join(place, "index");
  const args = [bench.localRag, "index", folder, "--index", index, "--progress", "none", "--json"];
  const run = await runProgram(process.execPath, [...args, ...fullSpeed], {
    environment: { CLAWKEEP_HOME: path.join(place, "home") },
    resources: true,
  });
  const report = JSON.parse(run.stdout) as { readonly chunks: number; readonly embedded: number };
  if (report.chunks !== chunks) {
    throw new Error(`expected ${chunks} chunks, ours made ${report.chunks}: not the same work`);
  }
  return {
    rate: chunks / run.seconds,
    seconds: run.seconds,
    cpuSeconds: run.cpuSeconds,
    rssAnonMiB: run.peakRssAnonMiB,
  };
}

async function embedOnce(
  bench: Bench,
  workers: WorkersOf,
  kinds: readonly EmbedKind[],
  kind: EmbedKind,
  corpus: { readonly chunksFile: string; readonly chunks: number },
  round: number,
): Promise<Sample> {
  const worker = workers.get(kind.name, kind.start);
  await kind.load(worker);
  const batch = await bestBatch(bench, worker, kind, corpus.chunksFile);
  const out = path.join(bench.scratch, `${kind.name.replace(/\W+/gu, "-")}.f32`);
  const reply = await worker.request<{
    readonly rate: number;
    readonly seconds: number;
    readonly cpuSeconds: number;
  }>("embed", {
    chunks: corpus.chunksFile,
    count: corpus.chunks,
    batch,
    sorted: batch > 1,
    ...(round === 0 ? { out } : {}),
  });
  const rssAnonMiB = treeRssAnon(worker.pid);
  const { rate, seconds, cpuSeconds } = reply;
  if (round > 0) {
    return { rate, seconds, cpuSeconds, rssAnonMiB, batch };
  }
  const reference = await referenceVectors(bench, workers, kinds, corpus);
  const cosine = meanCosine(readVectors(out, dimensions, corpus.chunks), reference, dimensions);
  if (cosine < lowestCosine) {
    throw new Error(`its vectors have a mean cosine of ${cosine} to fp32: not the same model`);
  }
  return { rate, seconds, cpuSeconds, rssAnonMiB, batch, cosine };
}

/** The fastest of the batch sizes that `--sweep` tries, on the first chunks; the fixed one where there is no choice. */
async function bestBatch(
  bench: Bench,
  worker: PeerWorker,
  kind: EmbedKind,
  chunks: string,
): Promise<number> {
  const { calibrationChunks } = bench.sizes;
  let best = { batch: kind.batch, rate: 0 };
  for (const batch of calibrationChunks === 0 ? [] : (kind.batches?.tried ?? [])) {
    const name = `${kind.name}, batch ${batch}`;
    const known = bench.store.get("indexing-batches", name, 0)?.sample["rate"];
    let rate = known ?? 0;
    if (known === undefined) {
      const request = { chunks, count: calibrationChunks, batch, sorted: batch > 1 };
      ({ rate } = await worker.request<{ readonly rate: number }>("embed", request));
      bench.store.keep("indexing-batches", name, 0, { rate });
    }
    best = rate > best.rate ? { batch, rate } : best;
  }
  return best.batch;
}

/** The first chunks by sentence-transformers in fp32, made once a run and not timed. */
async function referenceVectors(
  bench: Bench,
  workers: WorkersOf,
  kinds: readonly EmbedKind[],
  corpus: { readonly chunksFile: string },
): Promise<Float32Array> {
  const count = Math.min(24, bench.sizes.indexingChunks);
  const out = path.join(bench.scratch, "reference.f32");
  const kind = kinds.find(({ name }) => name === "sentence-transformers fp32");
  if (kind === undefined) {
    throw new Error("unreachable");
  }
  const worker = workers.get(kind.name, kind.start);
  await kind.load(worker);
  await worker.request("embed", { chunks: corpus.chunksFile, count, batch: 8, sorted: false, out });
  return readVectors(out, dimensions, count);
}
