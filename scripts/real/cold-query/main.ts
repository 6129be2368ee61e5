import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import path from "node:path";

import { modelFolder, modelManifest } from "@clawkeep/model-minilm";

import { cacheFolder } from "../cache.ts";
import { describeMachine, keepRun } from "../keep-run.ts";
import { figureMissed } from "../stages.ts";
import { layOutCorpus } from "./corpus.ts";
import { timeInterleaved } from "./measure.ts";
import { openclawDocuments, pythonWithPeers, runOrThrow } from "./peers.ts";

/**
 * A cold query as a whole process, over the first 10,000 chunks of the Markdown files of npm
 * `openclaw@2026.9.6`: ours, the Python program that ours replaces, and a bare Node, interleaved.
 */
const root = path.dirname(path.dirname(path.dirname(import.meta.dirname)));
const chunkLimit = 10_000;
const rounds = 5;
const question = "How do I keep the gateway reachable only from this machine?";
const bounds = { fasterThanPeer: 15, slowerThanNode: 8 };

async function main(): Promise<number> {
  const python = pythonWithPeers(root);
  const work = cacheFolder("cold-query");
  mkdirSync(work, { recursive: true });
  const vocabulary = readFileSync(path.join(modelFolder(), modelManifest.files.vocabulary.path));
  const corpus = await layOutCorpus(
    openclawDocuments(),
    vocabulary,
    modelManifest.maxTokens,
    work,
    chunkLimit,
  );
  const ours = path.join(work, "ours");
  const rag = path.join(root, "apps/local-rag/dist/main.js");
  process.env["CLAWKEEP_HOME"] = path.join(work, "state");
  runOrThrow(process.execPath, [rag, "index", corpus.folder, "--index", ours, "--cpu", "100%"]);
  const status = JSON.parse(
    execFileSync(process.execPath, [rag, "status", "--index", ours, "--json"], {
      encoding: "utf8",
    }),
  ) as { readonly chunks: number };
  const theirs = path.join(work, `peer-${corpus.digest.slice(0, 16)}`);
  const peer = path.join(root, "benchmarks/peers/rag.py");
  if (!existsSync(path.join(theirs, "passages.jsonl"))) {
    process.stderr.write("the peer embeds the same chunks: some minutes\n");
    runOrThrow(python, [peer, "index", "--chunks", corpus.chunksFile, "--index", theirs]);
  }
  const timings = timeInterleaved(
    [
      {
        name: "local-rag query",
        command: process.execPath,
        args: [rag, "query", question, "--topk", "5", "--json", "--index", ours],
      },
      {
        name: "rag.py query",
        command: python,
        args: [peer, "query", "--topk", "5", "--index", theirs, question],
      },
      { name: "node -e 0", command: process.execPath, args: ["-e", "0"] },
    ],
    rounds,
  );
  const [own, other, bare] = timings.map((timing) => timing.median);
  if (own === undefined || other === undefined || bare === undefined) {
    return 1;
  }
  const ratios = { peerOverOurs: other / own, oursOverNode: own / bare };
  const torch = execFileSync(python, ["-c", "import torch; print(torch.__version__)"], {
    encoding: "utf8",
  }).trim();
  const machine = describeMachine();
  const text = [
    `# Cold query over ${status.chunks} chunks of ${corpus.files} files`,
    "",
    `${machine.cpu}, ${machine.cores} cores; Node ${process.versions.node}; torch ${torch} (the wheel that PyPI gives for Linux).`,
    `Whole processes, ${rounds} interleaved runs after a warm-up round; milliseconds.`,
    "",
    "| | median | runs |",
    "| --- | ---: | --- |",
    ...timings.map(
      ({ name, median, runs }) =>
        `| ${name} | ${median.toFixed(0)} | ${runs.map((run) => run.toFixed(0)).join(", ")} |`,
    ),
    "",
    `- local-rag is ${ratios.peerOverOurs.toFixed(1)} × faster than rag.py (at least ${bounds.fasterThanPeer})`,
    `- local-rag takes ${ratios.oursOverNode.toFixed(1)} × a bare node (at most ${bounds.slowerThanNode})`,
    "",
  ].join("\n");
  process.stdout.write(`\n${text}`);
  keepRun(root, "cold-query", text, {
    machine,
    node: process.versions.node,
    torch,
    corpus: { files: corpus.files, chunks: status.chunks, digest: corpus.digest },
    question,
    timings,
    ratios,
  });
  const reached =
    status.chunks === chunkLimit &&
    ratios.peerOverOurs >= bounds.fasterThanPeer &&
    ratios.oursOverNode <= bounds.slowerThanNode;
  return reached ? 0 : figureMissed;
}

process.exitCode = await main();
