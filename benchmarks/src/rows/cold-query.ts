import path from "node:path";

import { runProgram } from "../measure/run-program.ts";
import type { Contender } from "../samples/interleave.ts";
import { interleave } from "../samples/interleave.ts";
import { median, ratioByRound, summarise } from "../statistics/summary.ts";
import { peersVariable } from "../workers/load-peer.ts";
import { count, spread } from "./figure.ts";
import { questions } from "./questions.ts";
import { ragIndex } from "./rag-index.ts";
import type { Row } from "./row.ts";

const ours = "clawkeep, local-rag query";
const ragPy = "rag.py: sentence-transformers + faiss";

/** A question to nothing that runs: a whole process. */
export const coldQuery: Row = {
  id: "cold-query",
  about: "one question as a whole process: ours, rag.py, both transformers.js, a bare node",
  async run(bench) {
    const corpus = await bench.corpus();
    const vectors = await bench.corpusVectors();
    const index = await bench.ourIndex(1);
    const root = path.dirname(path.dirname(path.dirname(import.meta.dirname)));
    const peers = path.join(root, "benchmarks/peers");
    const question = questions(1)[0] ?? "";
    const program = (
      name: string,
      of: () => Promise<readonly [command: string, ...args: string[]]>,
      environment: () => Record<string, string> = () => ({}),
    ): Contender => ({
      name,
      measure: async (round) => {
        const [command, ...args] = await of();
        if (round === 0) {
          await runProgram(command, args, { environment: environment() });
        }
        const run = await runProgram(command, args, { environment: environment() });
        return { milliseconds: run.seconds * 1000 };
      },
    });
    const javascript = (library: string, options: object, name: string): Contender =>
      program(
        name,
        () =>
          Promise.resolve([
            process.execPath,
            path.join(peers, "js-rag.mjs"),
            library,
            JSON.stringify(options),
            bench.peers.model,
            vectors.path,
            corpus.chunksFile,
            question,
          ]),
        () => ({ [peersVariable]: bench.peers.npm }),
      );
    const contenders: readonly Contender[] = [
      program(
        ours,
        () =>
          Promise.resolve([
            process.execPath,
            bench.localRag,
            "query",
            question,
            "--topk",
            "5",
            "--json",
            "--index",
            index.folder,
          ]),
        () => ({ CLAWKEEP_HOME: index.home }),
      ),
      program(ragPy, async () => [
        bench.peers.python,
        path.join(peers, "rag.py"),
        "query",
        "--topk",
        "5",
        "--index",
        await ragIndex(bench, 1),
        question,
      ]),
      javascript("@huggingface/transformers", { dtype: "q8" }, "@huggingface/transformers q8"),
      javascript("@xenova/transformers", { quantized: true }, "@xenova/transformers q8"),
      program("node -e 0", () => Promise.resolve([process.execPath, "-e", "0"])),
    ];
    const rounds = await interleave(bench.store, "cold-query", contenders, bench.sizes.shortRounds);
    const of = (name: string): readonly number[] =>
      (rounds.samples.get(name) ?? []).map((sample) => sample["milliseconds"] ?? 0);
    const best = [...rounds.samples.keys()]
      .filter((name) => name.startsWith("@"))
      .toSorted((a, b) => median(of(a)) - median(of(b)))[0];
    const compare = (against: string, must: number, aim: number, note: string) => ({
      what: `cold query, ${count(corpus.chunks)} chunks, whole process`,
      against,
      ratio:
        of(ours).length > 0 && of(against).length > 0
          ? ratioByRound(of(against), of(ours))
          : undefined,
      must,
      aim,
      note,
    });
    return {
      id: "cold-query",
      title: `A cold question to ${count(corpus.chunks)} chunks`,
      method:
        "Whole processes, files in the page cache. Ours answers with the keyword leg, citations and snapshot root; rag.py reads " +
        "its flat index and all passages; the JavaScript peers scan f32 vectors and print passages.",
      measured: [...rounds.samples.keys()].map((contender) => ({
        contender,
        cells: { milliseconds: spread(summarise(of(contender))) },
      })),
      comparisons: [
        compare(ragPy, 25, 45, "torch as PyPI gives it for Linux (see versions)"),
        compare(best ?? "@huggingface/transformers q8", 2.5, 3.5, "the faster JavaScript peer"),
      ],
      charts: [
        {
          kind: "bars",
          name: "cold-query",
          title: `A cold question to ${count(corpus.chunks)} chunks`,
          unit: "milliseconds, whole process; shorter is better",
          bars: [...rounds.samples].map(([contender, samples]) => ({
            name: contender,
            ours: contender.startsWith("clawkeep"),
            value: median(samples.map((sample) => sample["milliseconds"] ?? 0)),
          })),
        },
      ],
      missing: rounds.missing,
      sessions: rounds.sessions,
      raw: { question, chunks: corpus.chunks, samples: [...rounds.samples] },
    };
  },
};
