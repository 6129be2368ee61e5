import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";

import { modelManifest } from "@clawkeep/model-minilm";
import type { Collection } from "@clawkeep/retrieval";
import {
  answerQuery,
  layOutCollection,
  ndcg,
  openIndex,
  rankDocuments,
  readCollection,
} from "@clawkeep/retrieval";

import { layOutCorpus } from "../data/corpus.ts";
import type { Corpus } from "../data/corpus.ts";
import { makeOurIndex } from "../data/our-index.ts";
import { seed } from "../sizes.ts";
import { meanOfGroups } from "../statistics/bootstrap.ts";
import { flatSearch } from "../workers/flat-search.ts";
import { readVectors, rowsOf } from "../workers/vectors-file.ts";
import type { EmbedKind } from "./embed-kinds.ts";
import { embedKinds } from "./embed-kinds.ts";
import type { Bench, Comparison, Measured, Row } from "./row.ts";
import { WorkersOf } from "./workers-of.ts";

const dimensions = 384;
const hitsPerQuery = 100;

/** nDCG@10 of each judged query, in one order for everybody: vectors alone, and as the index answers. */
interface Scores {
  readonly vectors: readonly number[];
  readonly answers: readonly number[];
}

/** What int8 costs: the same chunks, by vectors alone and as an index answers. */
export const quality: Row = {
  id: "quality",
  about:
    "nDCG@10 of our int8 vectors beside fp32 ones, on the collections that CLAWKEEP_EVAL names",
  only: "full",
  async run(bench) {
    const root = path.dirname(path.dirname(path.dirname(import.meta.dirname)));
    const folder = process.env["CLAWKEEP_EVAL"] ?? path.join(root, "..", "shared", "eval");
    const names = ["claude-docs", "code-chunks"].filter((name) =>
      existsSync(path.join(folder, name)),
    );
    const measured: Measured[] = [];
    const differences: Record<keyof Scores, number[][]> = { vectors: [], answers: [] };
    const workers = new WorkersOf();
    const [ours, fp32] = embedKinds(bench);
    if (ours === undefined || fp32 === undefined) {
      throw new Error("unreachable");
    }
    try {
      for (const name of names) {
        const collection = path.join(folder, name);
        const own = await scoresOf(bench, workers, ours, collection, name);
        const theirs = await scoresOf(bench, workers, fp32, collection, name);
        const cells: Record<string, string> = { queries: String(own.vectors.length) };
        for (const [way, title] of [
          ["vectors", "vectors alone"],
          ["answers", "answers of the index"],
        ] as const) {
          differences[way].push(own[way].map((score, query) => score - (theirs[way][query] ?? 0)));
          cells[`${title}, int8 (ours)`] = mean(own[way]).toFixed(4);
          cells[`${title}, fp32`] = mean(theirs[way]).toFixed(4);
        }
        measured.push({ contender: name, cells });
      }
    } finally {
      await workers.close();
    }
    const compare = (way: keyof Scores, what: string): Comparison => {
      const found = names.length === 0 ? undefined : meanOfGroups(differences[way], 2000, seed);
      return {
        what,
        against: "fp32 (sentence-transformers)",
        ratio: found && {
          median: found.mean,
          low: found.low,
          high: found.high,
          runs: differences[way].map(mean),
        },
        must: -0.003,
        aim: 0,
        difference: true,
        note:
          found === undefined
            ? `no collection in ${path.basename(folder)}`
            : `95% interval over the queries: ${found.low.toFixed(4)} to ${found.high.toFixed(4)}`,
      };
    };
    return {
      id: "quality",
      title: "What int8 costs: nDCG@10",
      method:
        "The same chunks, a document at the place of its best one. Vectors alone: exact search. Answers: the index with keywords and " +
        "fusion, once with int8 and once with fp32 vectors of passages and questions.",
      measured,
      comparisons: [
        compare("vectors", "mean nDCG@10 of int8, vectors alone"),
        compare("answers", "mean nDCG@10 of int8, answers of the index"),
      ],
      charts: [],
      missing:
        names.length === 0 ? [{ contender: "all", why: "CLAWKEEP_EVAL names no collections" }] : [],
      sessions: [],
      raw: { measured, differences },
    };
  },
};

async function scoresOf(
  bench: Bench,
  workers: WorkersOf,
  kind: EmbedKind,
  collection: string,
  name: string,
): Promise<Scores> {
  const read = readCollection(collection);
  const { corpus, documents, ids } = await layOutCorpusOf(bench, read);
  const queries = read.questions;
  const asked = path.join(bench.scratch, `${name}-queries.jsonl`);
  writeFileSync(asked, queries.map(({ text }) => `${JSON.stringify({ input: text })}\n`).join(""));
  const worker = workers.get(kind.name, kind.start);
  await kind.load(worker);
  const embed = async (chunks: string, count: number, out: string): Promise<Float32Array> => {
    await worker.request("embed", { chunks, count, batch: kind.batch, sorted: false, out });
    return readVectors(out, dimensions, count);
  };
  const stem = path.join(bench.scratch, `${name}-${kind.name.replace(/\W+/gu, "-")}`);
  const rows = await embed(corpus.chunksFile, corpus.chunks, `${stem}.chunks.f32`);
  const questions = rowsOf(await embed(asked, queries.length, `${stem}.queries.f32`), dimensions);
  const vectors = { path: `${stem}.chunks.f32`, rows: corpus.chunks };
  const made = await makeOurIndex(corpus, vectors, 1, `${stem}.index`, "quality");
  const registry = path.join(made.home, "indexes");
  const index = openIndex(made.folder, { registry }, modelManifest.spaceId, { resident: true });
  const alone = new Map<string, readonly string[]>();
  const answered = new Map<string, readonly string[]>();
  try {
    for (const [place, { id, text }] of queries.entries()) {
      const vector = questions[place] ?? new Float32Array(dimensions);
      const nearest = flatSearch(rows, dimensions, vector, hitsPerQuery);
      alone.set(id, rankDocuments([...nearest].map((row) => documents[row] ?? "")));
      const answer = await answerQuery(index, () => Promise.resolve(vector), text, {
        topK: hitsPerQuery,
      });
      const paths = answer.results.map(({ citation }) => citation.path.replace(/^copy-0\//u, ""));
      answered.set(id, rankDocuments(paths.map((file) => ids.get(file) ?? "")));
    }
  } finally {
    index.close();
  }
  return { vectors: ndcgOfEach(alone, read), answers: ndcgOfEach(answered, read) };
}

/** By the order of the questions: the same for every ranking. */
function ndcgOfEach(
  rankings: ReadonlyMap<string, readonly string[]>,
  { questions }: Collection,
): readonly number[] {
  return questions.map(({ id, relevance }) => ndcg(rankings.get(id) ?? [], relevance, 10));
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** One file a document; the document of each chunk, and of each file. */
async function layOutCorpusOf(
  bench: Bench,
  { name, documents: all = [] }: Collection,
): Promise<{
  readonly corpus: Corpus;
  readonly documents: readonly string[];
  readonly ids: ReadonlyMap<string, string>;
}> {
  const folder = path.join(bench.scratch, name);
  rmSync(folder, { recursive: true, force: true });
  const ids = layOutCollection(all, folder);
  const corpus = await layOutCorpus(folder, { name, seed: 0 }, path.join(bench.scratch, "quality"));
  const lines = readFileSync(corpus.chunksFile, "utf8")
    .split("\n")
    .filter((line) => line !== "");
  const documents = lines.map((line) => {
    const { source } = JSON.parse(line) as { readonly source: string };
    return ids.get(source.replace(/:\d+-\d+$/u, "")) ?? "";
  });
  return { corpus, documents, ids };
}
