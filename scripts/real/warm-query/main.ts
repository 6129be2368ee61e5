import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { Agent } from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";

import { modelFolder, modelManifest } from "@clawkeep/model-minilm";

import { questions } from "../../../benchmarks/src/rows/questions.ts";
import { cacheFolder } from "../cache.ts";
import { layOutCorpus } from "../cold-query/corpus.ts";
import type { Timing } from "../cold-query/measure.ts";
import { medianOf, timeInterleaved } from "../cold-query/measure.ts";
import { openclawDocuments, runOrThrow } from "../cold-query/peers.ts";
import { describeMachine, keepRun } from "../keep-run.ts";
import { startServer } from "../soak/server.ts";
import type { RagServer } from "../soak/server.ts";
import { figureMissed } from "../stages.ts";
import { askHttp } from "./ask-http.ts";
import type { QmdServer } from "./qmd-server.ts";
import { startQmd } from "./qmd-server.ts";

/**
 * A warm question over 10,000 chunks: by HTTP against qmd's keywords alone, question by question in turns; and by the
 * command line as a whole process against a bare Node.
 */
const root = path.dirname(path.dirname(path.dirname(import.meta.dirname)));
const program = path.join(root, "apps/local-rag/dist/main.js");
const chunkLimit = 10_000;
const rounds = { http: 10, process: 25 };
const bounds = { fasterThanQmd: 5, slowerThanNode: 2 };
const topk = 5;

async function main(): Promise<number> {
  // The index of the stage cold-query, which is brought up to date.
  const work = cacheFolder("cold-query");
  mkdirSync(work, { recursive: true });
  const vocabulary = readFileSync(path.join(modelFolder(), modelManifest.files.vocabulary.path));
  const { maxTokens } = modelManifest;
  const corpus = await layOutCorpus(openclawDocuments(), vocabulary, maxTokens, work, chunkLimit);
  // Short: sockets lie below it.
  const state = mkdtempSync(path.join(tmpdir(), "ck-warm-"));
  process.env["CLAWKEEP_HOME"] = state;
  const place = ["--index", path.join(work, "ours")];
  place.push("--registry", path.join(work, "state/indexes"));
  try {
    const flags = [...place, "--cpu", "100%", "--progress", "none"];
    runOrThrow(process.execPath, [program, "index", corpus.folder, ...flags]);
    await using server = await startServer(program, place, process.env);
    const qmdPlace = path.join(work, `qmd-${corpus.digest.slice(0, 16)}`);
    await using qmd = await startQmd(root, corpus.folder, qmdPlace);
    const http = await byHttp(server, qmd);
    // The same service answers the command line.
    const asked = questions(1)[0] ?? "";
    const processes = timeInterleaved(
      [
        {
          name: "local-rag query --warm",
          command: process.execPath,
          args: [program, "query", asked, "--warm", ...place],
        },
        { name: "node -e 0", command: process.execPath, args: ["-e", "0"] },
      ],
      rounds.process,
    );
    return report(corpus.chunks, http, processes);
  } finally {
    rmSync(state, { recursive: true, force: true });
  }
}

/**
 * Questions that nobody asked before, each once: a process may keep what questions found. Those of our own collection,
 * as people ask them, over the documents that it was made of.
 */
function freshQuestions(): readonly string[] {
  const file = path.join(root, "fixtures/corpora/openclaw-docs/queries.jsonl");
  return readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as { readonly text: string })
    .map(({ text }) => text)
    .filter((text) => text.split(" ").length >= 5);
}

/**
 * Every question to one and then to the other, so that a change in the machine's speed falls on both: sixteen questions
 * again and again, and then others once.
 */
async function byHttp(server: RagServer, qmd: QmdServer): Promise<readonly Timing[]> {
  const agent = new Agent({ keepAlive: true });
  const headers = { authorization: `Bearer ${server.token}` };
  const ask = async (asked: readonly string[], how: string): Promise<readonly Timing[]> => {
    const ours: number[] = [];
    const theirs: number[] = [];
    for (const query of asked) {
      const own = await askHttp(
        agent,
        { host: "127.0.0.1", port: server.port, path: "/v1/search" },
        headers,
        { query, topk },
      );
      const other = await askHttp(
        agent,
        { host: "localhost", port: qmd.port, path: "/query" },
        {},
        { searches: [{ type: "lex", query }], limit: topk, rerank: false },
      );
      const { results } = JSON.parse(own.text) as { readonly results: readonly unknown[] };
      if (results.length !== topk) throw new Error(`expected ${topk} results, got ${own.text}`);
      JSON.parse(other.text);
      ours.push(own.milliseconds);
      theirs.push(other.milliseconds);
    }
    return [
      { name: `local-rag, POST /v1/search, ${how}`, runs: ours, median: medianOf(ours) },
      {
        name: `qmd 2.8.3, POST /query, keywords only, ${how}`,
        runs: theirs,
        median: medianOf(theirs),
      },
    ];
  };
  try {
    await ask(questions(16), "before");
    const again = await ask(questions(16 * rounds.http), "16 questions ten times");
    const fresh = freshQuestions();
    return [...again, ...(await ask(fresh, `${fresh.length} others once`))];
  } finally {
    agent.destroy();
  }
}

function report(chunks: number, http: readonly Timing[], processes: readonly Timing[]): number {
  const machine = describeMachine();
  const ratio = (of: readonly Timing[], over: number, under: number): number =>
    (of[over]?.median ?? Number.NaN) / (of[under]?.median ?? Number.NaN);
  const ratios = {
    qmdOverOurs: ratio(http, 1, 0),
    qmdOverOursFresh: ratio(http, 3, 2),
    oursOverNode: ratio(processes, 0, 1),
  };
  const line = ({ name, median, runs }: Timing): string =>
    `| ${name} | ${runs.length} | ${median.toFixed(2)} | ${Math.min(...runs).toFixed(2)} |`;
  const text = [
    `# A warm question over ${chunks} chunks`,
    "",
    `${machine.cpu}, ${machine.cores} cores; Node ${process.versions.node}. Milliseconds, in turns, after a warm-up.`,
    "",
    "| | runs | median | least |",
    "| --- | ---: | ---: | ---: |",
    ...[...http, ...processes].map(line),
    "",
    `- by HTTP, with vectors, keywords and citations, local-rag is ${ratios.qmdOverOurs.toFixed(1)} × faster than qmd's keywords alone where questions come again, ${ratios.qmdOverOursFresh.toFixed(1)} × where they do not (at least ${bounds.fasterThanQmd})`,
    `- the command as a whole process takes ${ratios.oursOverNode.toFixed(2)} × a bare node (at most ${bounds.slowerThanNode})`,
    "",
  ].join("\n");
  process.stdout.write(`\n${text}`);
  keepRun(root, "warm-query", text, {
    machine,
    node: process.versions.node,
    chunks,
    http,
    processes,
    ratios,
  });
  const leastOverOurs = Math.min(ratios.qmdOverOurs, ratios.qmdOverOursFresh);
  return leastOverOurs >= bounds.fasterThanQmd && ratios.oursOverNode <= bounds.slowerThanNode
    ? 0
    : figureMissed;
}

process.exitCode = await main();
