import { cpSync, mkdirSync, rmSync } from "node:fs";
import path from "node:path";

import { runProgram } from "../measure/run-program.ts";
import type { Contender } from "../samples/interleave.ts";
import { interleave } from "../samples/interleave.ts";
import type { Sample } from "../samples/sample-store.ts";
import { median, ratioByRound, summarise } from "../statistics/summary.ts";
import { count, figure, spread } from "./figure.ts";
import { fullSpeed } from "./full-speed.ts";
import { questions } from "./questions.ts";
import { ourIndexingRate } from "./indexing.ts";
import type { Bench, Row } from "./row.ts";

const unchanged = "clawkeep, local-rag index, nothing changed";
const keywords = "clawkeep, local-rag query --keywords (cold)";
const first = "clawkeep, local-rag index, first time";

/** What an index costs when nothing changed, and qmd's keyword index beside it. */
export const incremental: Row = {
  id: "incremental",
  about: "re-index with nothing changed; qmd's keyword index, its update and its search",
  async run(bench) {
    const corpus = await bench.corpus();
    const index = await bench.ourIndex(1);
    const home = { CLAWKEEP_HOME: index.home };
    const again = [bench.localRag, "index", index.workspace, "--index", index.folder];
    const qmd = qmdPrograms(bench, corpus.folder);
    const cold = [bench.localRag, "query", questions(1)[0] ?? "", "--index", index.folder];
    const contenders: readonly Contender[] = [
      {
        name: unchanged,
        measure: async () => {
          const args = [...again, "--progress", "none", ...fullSpeed];
          const run = await runProgram(process.execPath, args, { environment: home });
          if (!run.stdout.includes("nothing changed")) {
            throw new Error(`expected that nothing changed, got ${run.stdout}`);
          }
          return { seconds: run.seconds };
        },
      },
      { name: "qmd update, nothing changed (keywords only)", measure: qmd.update },
      {
        name: "clawkeep, local-rag query (cold)",
        measure: async () => ({
          seconds: (await runProgram(process.execPath, cold, { environment: home })).seconds,
        }),
      },
      {
        name: keywords,
        measure: async () => {
          const run = await runProgram(process.execPath, [...cold, "--keywords"], {
            environment: home,
          });
          return { seconds: run.seconds };
        },
      },
      { name: "qmd search (cold, keywords only)", measure: qmd.search },
    ];
    const short = await interleave(bench.store, "incremental", contenders, bench.sizes.shortRounds);
    const long: Contender[] = [{ name: "qmd, first index (keywords only)", measure: qmd.first }];
    if (bench.sizes.thorough) {
      long.push({ name: first, measure: () => indexAnew(bench, index.workspace) });
    }
    const once = await interleave(bench.store, "incremental-first", long, 1);
    const samples = new Map([...short.samples, ...once.samples]);
    const of = (name: string): readonly number[] =>
      (samples.get(name) ?? []).map((sample) => sample["seconds"] ?? 0);
    const whole = of(first)[0];
    const times = of(unchanged);
    const share = whole ?? corpus.chunks / (await ourIndexingRate(bench));
    return {
      id: "incremental",
      title: `${count(corpus.files)} files again`,
      method:
        "Whole processes. qmd has no vectors here: its keyword index is compared with ours of both kinds.",
      measured: [...samples.keys()].map((contender) => ({
        contender,
        cells: { seconds: spread(summarise(of(contender))) },
      })),
      comparisons: [
        {
          what: `re-index with nothing changed, ${count(corpus.files)} files`,
          against: "our own first index",
          ratio:
            times.length === 0
              ? undefined
              : ratioByRound(
                  times,
                  times.map(() => share),
                ),
          must: 0.01,
          aim: 0.003,
          atMost: true,
          note:
            whole === undefined
              ? `first index: ${figure(share)} s, from this run's rate on the sample`
              : `first index: ${figure(whole)} s, in this run`,
        },
        {
          what: "cold query by keywords alone",
          against: "qmd search",
          ratio:
            of("qmd search (cold, keywords only)").length > 0 && of(keywords).length > 0
              ? ratioByRound(of("qmd search (cold, keywords only)"), of(keywords))
              : undefined,
        },
        {
          what: "cold query, ours with vectors and keywords",
          against: "qmd search, keywords only",
          ratio:
            of("qmd search (cold, keywords only)").length > 0 && times.length > 0
              ? ratioByRound(
                  of("qmd search (cold, keywords only)"),
                  of("clawkeep, local-rag query (cold)"),
                )
              : undefined,
        },
        {
          what: "update with nothing changed",
          against: "qmd update, keywords only",
          ratio:
            of("qmd update, nothing changed (keywords only)").length > 0 && times.length > 0
              ? ratioByRound(of("qmd update, nothing changed (keywords only)"), times)
              : undefined,
        },
      ],
      charts: [],
      missing: [...short.missing, ...once.missing],
      sessions: [...new Set([...short.sessions, ...once.sessions])].sort(),
      raw: { median: median(times), samples: [...samples] },
    };
  },
};

async function indexAnew(bench: Bench, workspace: string): Promise<Sample> {
  const place = path.join(bench.scratch, "first-index");
  rmSync(place, { recursive: true, force: true });
  mkdirSync(path.join(place, "home"), { recursive: true, mode: 0o700 });
  const args = ["index", workspace, "--index", path.join(place, "index"), "--progress", "none"];
  const run = await runProgram(process.execPath, [bench.localRag, ...args, ...fullSpeed], {
    environment: { CLAWKEEP_HOME: path.join(place, "home") },
  });
  return { seconds: run.seconds };
}

/** qmd with its files in the scratch folder; the first index is made when the first of them is asked for. */
function qmdPrograms(
  bench: Bench,
  folder: string,
): Record<"first" | "update" | "search", () => Promise<Sample>> {
  const place = path.join(bench.scratch, "qmd");
  const files = path.join(place, "files");
  const environment = {
    XDG_CACHE_HOME: path.join(place, "cache"),
    XDG_CONFIG_HOME: path.join(place, "config"),
  };
  const run = async (...args: readonly string[]): Promise<Sample> => {
    const { seconds } = await runProgram(process.execPath, [bench.peers.qmd, ...args], {
      environment,
    });
    return { seconds };
  };
  let made: Promise<Sample> | undefined;
  const first = (): Promise<Sample> =>
    (made ??= (async () => {
      rmSync(place, { recursive: true, force: true });
      cpSync(folder, files, { recursive: true });
      return run("collection", "add", files, "--name", "corpus");
    })());
  return {
    first,
    update: async () => (await first(), run("update")),
    search: async () => (await first(), run("search", "gateway reachable machine")),
  };
}
