import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";

import type { RankingMetrics } from "@clawkeep/retrieval";
import { rankDocuments, rankingMetrics } from "@clawkeep/retrieval";

import { describeMachine, keepRun } from "./keep-run.ts";

/**
 * Retrieval quality through the executable, on two public collections in BEIR form: every document becomes
 * a file (`# title`, blank line, text), a document counts at the place of its best chunk.
 * `CLAWKEEP_EVAL` names the folder of collections; the default stands beside the checkout.
 */
const root = path.dirname(path.dirname(import.meta.dirname));
const collections = process.env["CLAWKEEP_EVAL"] ?? path.join(root, "..", "shared", "eval");
const rag = path.join(root, "apps/local-rag/dist/main.js");
const bounds: Readonly<Record<string, number>> = { "claude-docs": 0.795, "code-chunks": 0.735 };
const hitsPerQuery = 100;

interface BeirDocument {
  readonly _id: string;
  readonly title: string;
  readonly text: string;
}

async function main(): Promise<number> {
  const rows: {
    readonly name: string;
    readonly bound: number;
    readonly metrics: RankingMetrics;
  }[] = [];
  for (const [name, bound] of Object.entries(bounds)) {
    const metrics = await measure(path.join(collections, name));
    process.stdout.write(`${name}: nDCG@10 ${metrics.ndcgAt10.toFixed(4)} (at least ${bound})\n`);
    rows.push({ name, bound, metrics });
  }
  const figure = (value: number): string => value.toFixed(4);
  const text = [
    "# Retrieval quality through `local-rag`",
    "",
    "| collection | queries | nDCG@10 | at least | MRR@10 | Recall@100 |",
    "| --- | ---: | ---: | ---: | ---: | ---: |",
    ...rows.map(
      ({ name, bound, metrics }) =>
        `| ${name} | ${metrics.queries} | ${figure(metrics.ndcgAt10)} | ${bound} | ${figure(metrics.mrrAt10)} | ${figure(metrics.recallAt100)} |`,
    ),
    "",
    `Recall counts the documents among the first ${hitsPerQuery} passages.`,
    "",
  ].join("\n");
  keepRun(root, "quality", text, { machine: describeMachine(), rows });
  return rows.every(({ metrics, bound }) => metrics.ndcgAt10 >= bound) ? 0 : 1;
}

async function measure(collection: string): Promise<RankingMetrics> {
  const work = mkdtempSync(path.join(tmpdir(), "clawkeep-quality-"));
  try {
    const files = path.join(work, "files");
    const index = path.join(work, "index");
    const ids = layOutFiles(collection, files);
    process.env["CLAWKEEP_HOME"] = path.join(work, "state");
    const indexed = spawnSync(
      process.execPath,
      [rag, "index", files, "--index", index, "--cpu", "100%"],
      {
        stdio: ["ignore", "ignore", 2],
      },
    );
    if (indexed.status !== 0) {
      throw new Error(`local-rag index ended with ${String(indexed.status)}`);
    }
    const queries = readLines(path.join(collection, "queries.jsonl")) as readonly {
      readonly _id: string;
      readonly text: string;
    }[];
    const rankings = new Map<string, readonly string[]>();
    const answers = await askAll(
      index,
      queries.map((query) => query.text),
    );
    for (const [place, query] of queries.entries()) {
      const documents = rankDocuments(answers[place] ?? []);
      rankings.set(
        query._id,
        documents.map((file) => ids.get(file) ?? file),
      );
    }
    return rankingMetrics(rankings, readJudgements(collection));
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** Writes one file a document; answers the document id of each file name. */
function layOutFiles(collection: string, folder: string): ReadonlyMap<string, string> {
  mkdirSync(folder, { recursive: true });
  const ids = new Map<string, string>();
  const documents = readLines(path.join(collection, "corpus.jsonl")) as readonly BeirDocument[];
  for (const [place, document] of documents.entries()) {
    const name = `${String(place).padStart(5, "0")}.md`;
    writeFileSync(path.join(folder, name), `# ${document.title}\n\n${document.text}\n`);
    ids.set(name, document._id);
  }
  return ids;
}

/** Asks every question in one resident process; answers the paths of its hits, best first. */
async function askAll(
  index: string,
  questions: readonly string[],
): Promise<readonly (readonly string[])[]> {
  const child = spawn(process.execPath, [rag, "query", "--resident", "--index", index], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const answers: string[][] = [];
  for (const [place, query] of questions.entries()) {
    child.stdin.write(
      `${JSON.stringify({ id: place + 1, input: { query, topk: hitsPerQuery } })}\n`,
    );
    const { value } = await lines.next();
    const reply = JSON.parse(String(value)) as {
      readonly output: {
        readonly results: readonly { readonly citation: { readonly path: string } }[];
      };
    };
    answers.push(reply.output.results.map((hit) => hit.citation.path));
  }
  child.stdin.end();
  return answers;
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

process.exitCode = await main();
