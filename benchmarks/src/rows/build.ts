import { rmSync } from "node:fs";
import path from "node:path";

import type { Contender } from "../samples/interleave.ts";
import { interleave } from "../samples/interleave.ts";
import { ratioByRound, summarise } from "../statistics/summary.ts";
import { count, figure, spread } from "./figure.ts";
import { buildIndex, nodeIndexes, pythonIndexes } from "./indexes.ts";
import type { Row } from "./row.ts";
import { WorkersOf } from "./workers-of.ts";

/** How long a graph takes to build. */
export const build: Row = {
  id: "build",
  about: "building an HNSW graph over the real vectors, on one and two threads",
  async run(bench) {
    const set = await bench.real();
    const kinds = nodeIndexes(bench);
    const threaded = [kinds.graph, kinds.usearchF16, ...pythonIndexes(bench)];
    const workers = new WorkersOf();
    const plans = [kinds.hnswlibNode, ...threaded].flatMap((kind) =>
      (kind === kinds.hnswlibNode ? [1] : [1, 2]).map((threads) => ({ kind, threads })),
    );
    const nameOf = (name: string, threads: number): string =>
      `${name}, ${threads} thread${threads === 1 ? "" : "s"}`;
    const contenders = plans.map(({ kind, threads }): Contender => ({
      name: nameOf(kind.name, threads),
      measure: async () => {
        const worker = workers.get(kind.name, kind.start);
        const file = path.join(bench.scratch, "build", kind.name.replace(/\W+/gu, "-"));
        const sample = await buildIndex(worker, kind, set, file, threads);
        rmSync(file, { recursive: true, force: true });
        return { ...sample };
      },
    }));
    try {
      const rounds = await interleave(bench.store, "build", contenders, bench.sizes.longRounds);
      const secondsOf = (name: string): readonly number[] =>
        (rounds.samples.get(name) ?? []).map((sample) => sample["seconds"] ?? 0);
      const peer = secondsOf("hnswlib-node, 1 thread");
      const compared = ([threads, must, aim]: readonly [number, number, number]) => {
        const ours = secondsOf(nameOf(kinds.graph.name, threads));
        const both = ours.length > 0 && peer.length > 0;
        return {
          what: `HNSW build, ${threads} thread${threads === 1 ? "" : "s"}`,
          against: "hnswlib-node",
          ratio: both ? ratioByRound(peer, ours) : undefined,
          must,
          aim,
          ...(threads === 2 ? { note: "the peer has no threads" } : {}),
        };
      };
      return {
        id: "build",
        title: `Building a graph over ${count(set.base.rows)} real vectors`,
        method:
          "M = 16, efConstruction = 200 for the peers (ours: docs/index-format.md). Only adding is timed: " +
          "conversions, quantisation tables made outside of the call, and saving are not. Ours includes the quantisation.",
        measured: [...rounds.samples].map(([contender, samples]) => ({
          contender,
          cells: {
            seconds: spread(summarise(samples.map((sample) => sample["seconds"] ?? 0))),
            "CPU seconds": figure(summarise(samples.map((one) => one["cpuSeconds"] ?? 0)).median),
            "MB on disk": figure((samples[0]?.["bytes"] ?? 0) / 1e6),
          },
        })),
        comparisons: [compared([1, 2.3, 3.5]), compared([2, 4, 6])],
        charts: [],
        missing: rounds.missing,
        sessions: rounds.sessions,
        raw: [...rounds.samples],
      };
    } finally {
      await workers.close();
    }
  },
};
