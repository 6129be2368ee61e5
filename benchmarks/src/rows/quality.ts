import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";

import { rankDocuments, rankingMetrics } from "@clawkeep/retrieval";

import { layOutCorpus } from "../data/corpus.ts";
import type { Corpus } from "../data/corpus.ts";
import { flatSearch } from "../workers/flat-search.ts";
import { readVectors, rowsOf } from "../workers/vectors-file.ts";
import type { EmbedKind } from "./embed-kinds.ts";
import { embedKinds } from "./embed-kinds.ts";
import type { Bench, Measured, Row } from "./row.ts";
import { WorkersOf } from "./workers-of.ts";

const dimensions = 384;

/** What int8 costs: vectors alone, exact search, the same chunks. */
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
    const differences: number[] = [];
    const workers = new WorkersOf();
    const [ours, fp32] = embedKinds(bench);
    try {
      for (const name of names) {
        const collection = path.join(folder, name);
        const scores: number[] = [];
        for (const kind of [ours, fp32]) {
          if (kind !== undefined) {
            scores.push(await ndcg(bench, workers, kind, collection, name));
          }
        }
        const [own = 0, theirs = 0] = scores;
        differences.push(own - theirs);
        measured.push({
          contender: name,
          cells: { "int8 (ours)": own.toFixed(4), fp32: theirs.toFixed(4) },
        });
      }
    } finally {
      await workers.close();
    }
    const mean = differences.reduce((sum, value) => sum + value, 0) / differences.length;
    return {
      id: "quality",
      title: "What int8 costs: nDCG@10",
      method:
        "Vectors alone: exact search over the same chunks, a document at the place of its best chunk.",
      measured,
      comparisons: [
        {
          what: "mean nDCG@10 of int8",
          against: "fp32 (sentence-transformers)",
          ratio:
            names.length === 0
              ? undefined
              : {
                  median: mean,
                  low: Math.min(...differences),
                  high: Math.max(...differences),
                  runs: differences,
                },
          must: -0.003,
          aim: 0,
          difference: true,
          ...(names.length === 0 ? { note: `no collection in ${path.basename(folder)}` } : {}),
        },
      ],
      charts: [],
      missing:
        names.length === 0 ? [{ contender: "all", why: "CLAWKEEP_EVAL names no collections" }] : [],
      sessions: [],
      raw: measured,
    };
  },
};

async function ndcg(
  bench: Bench,
  workers: WorkersOf,
  kind: EmbedKind,
  collection: string,
  name: string,
): Promise<number> {
  const { corpus, documents } = await layOutCollection(bench, collection, name);
  const queries = readLines(path.join(collection, "queries.jsonl")) as readonly {
    readonly _id: string;
    readonly text: string;
  }[];
  const asked = path.join(bench.scratch, `${name}-queries.jsonl`);
  writeFileSync(asked, queries.map(({ text }) => `${JSON.stringify({ input: text })}\n`).join(""));
  const worker = workers.get(kind.name, kind.start);
  await kind.load(worker);
  const embed = async (chunks: string, count: number): Promise<Float32Array> => {
    const out = path.join(bench.scratch, "quality.f32");
    await worker.request("embed", { chunks, count, batch: kind.batch, sorted: false, out });
    return readVectors(out, dimensions, count);
  };
  const rows = await embed(corpus.chunksFile, corpus.chunks);
  const rankings = new Map<string, readonly string[]>();
  for (const [place, query] of rowsOf(await embed(asked, queries.length), dimensions).entries()) {
    const ids = flatSearch(rows, dimensions, query, 100);
    rankings.set(
      queries[place]?._id ?? "",
      rankDocuments([...ids].map((id) => documents[id] ?? "")),
    );
  }
  return rankingMetrics(rankings, readJudgements(collection)).ndcgAt10;
}

/** One file a document; and the document of each chunk. */
async function layOutCollection(
  bench: Bench,
  collection: string,
  name: string,
): Promise<{ readonly corpus: Corpus; readonly documents: readonly string[] }> {
  const folder = path.join(bench.scratch, name);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const ids = new Map<string, string>();
  const all = readLines(path.join(collection, "corpus.jsonl")) as readonly {
    readonly _id: string;
    readonly title: string;
    readonly text: string;
  }[];
  all.forEach((document, place) => {
    const file = `${String(place).padStart(5, "0")}.md`;
    writeFileSync(path.join(folder, file), `# ${document.title}\n\n${document.text}\n`);
    ids.set(file, document._id);
  });
  const corpus = await layOutCorpus(folder, { name, seed: 0 }, path.join(bench.scratch, "quality"));
  const documents = readLines(corpus.chunksFile).map((line) => {
    const { source } = line as { readonly source: string };
    return ids.get(source.replace(/:\d+-\d+$/u, "")) ?? "";
  });
  return { corpus, documents };
}

function readJudgements(collection: string): ReadonlyMap<string, ReadonlyMap<string, number>> {
  const judgements = new Map<string, Map<string, number>>();
  const [, ...rows] = readFileSync(path.join(collection, "qrels.tsv"), "utf8").trim().split("\n");
  for (const row of rows) {
    const [query = "", document = "", grade = "0"] = row.split("\t");
    const known = judgements.get(query) ?? new Map<string, number>();
    judgements.set(query, known.set(document, Number(grade)));
  }
  return judgements;
}

function readLines(file: string): readonly unknown[] {
  return readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as unknown);
}
