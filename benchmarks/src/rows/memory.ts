import path from "node:path";

import { treeRssAnon } from "../measure/tree-memory.ts";
import { interleave } from "../samples/interleave.ts";
import { ratioByRound, summarise } from "../statistics/summary.ts";
import { startWorker } from "../workers/start-worker.ts";
import { count, spread } from "./figure.ts";
import { questions } from "./questions.ts";
import { ragIndex } from "./rag-index.ts";
import { askResident } from "./resident.ts";
import type { Row } from "./row.ts";

/** Memory of a warm process over a large index. */
export const memory: Row = {
  id: "memory",
  about: "RssAnon of the process tree after 100 queries, over 100,000 chunks and more",
  async run(bench) {
    const { sizes } = bench;
    const corpus = await bench.corpus();
    const copies = sizes.memoryCopies;
    const asked = questions(sizes.name === "tiny" ? 4 : 100);
    const ours = "clawkeep, local-rag query --resident";
    const theirs = "rag.py kept resident";
    const contenders = [
      {
        name: ours,
        measure: async () => {
          const run = await askResident(bench.localRag, await bench.ourIndex(copies), asked);
          return { rssAnonMiB: run.rssAnonMiB };
        },
      },
      {
        name: theirs,
        measure: async () => {
          const folder = await ragIndex(bench, copies);
          const worker = startWorker(bench.peers.pythonWorker("embed_sentence_transformers"));
          try {
            await worker.request("load", { variant: "fp32", model: "" });
            await worker.request("passages", {
              passages: Array.from({ length: copies }, () => corpus.chunksFile),
              index: path.join(folder, "vectors.faiss"),
              questions: asked,
              k: 5,
            });
            return { rssAnonMiB: treeRssAnon(worker.pid) };
          } finally {
            await worker.close();
          }
        },
      },
    ];
    const rounds = await interleave(bench.store, "memory", contenders, sizes.longRounds);
    const of = (name: string): readonly number[] =>
      (rounds.samples.get(name) ?? []).map((sample) => sample["rssAnonMiB"] ?? 0);
    const both = of(ours).length > 0 && of(theirs).length > 0;
    const chunks = corpus.chunks * copies;
    return {
      id: "memory",
      title: `Memory after ${asked.length} queries over ${count(chunks)} chunks`,
      method: `Anonymous resident memory of the process tree. The chunks are the corpus ${copies} times over. rag.py's own functions, in a process that stays.`,
      measured: [ours, theirs].flatMap((contender) =>
        of(contender).length === 0
          ? []
          : [{ contender, cells: { "RssAnon MiB": spread(summarise(of(contender))) } }],
      ),
      comparisons: [
        {
          what: `RssAnon after ${asked.length} queries, ${count(chunks)} chunks`,
          against: "rag.py",
          ratio: both ? ratioByRound(of(ours), of(theirs)) : undefined,
          must: 0.2,
          aim: 0.1,
          atMost: true,
        },
      ],
      charts: [],
      missing: rounds.missing,
      sessions: rounds.sessions,
      raw: [...rounds.samples],
    };
  },
};
