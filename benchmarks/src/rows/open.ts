import { interleave } from "../samples/interleave.ts";
import { median, ratioByRound, summarise } from "../statistics/summary.ts";
import { count, spread } from "./figure.ts";
import { keptIndex, nodeIndexes } from "./indexes.ts";
import type { Row } from "./row.ts";
import { WorkersOf } from "./workers-of.ts";

/** Opening an index in a warm process, first query included. */
export const open: Row = {
  id: "open",
  about: "opening an index in a warm process, its first query included",
  async run(bench) {
    const set = await bench.real();
    const all = nodeIndexes(bench);
    const kinds = [all.graph, all.exact, all.hnswlibNode, all.usearchF16, all.sqliteVec];
    const workers = new WorkersOf();
    try {
      const contenders = kinds.map((kind) => ({
        name: kind.name,
        measure: async () => {
          const worker = workers.get(kind.name, kind.start);
          const file = await keptIndex(bench, kind, set);
          const { variant } = kind;
          const { dimensions } = set;
          const { milliseconds } = await worker.request<{ readonly milliseconds: number[] }>(
            "open",
            {
              index: { variant, file, dimensions, rows: set.base.rows, ef: 64 },
              queries: set.queries,
              k: set.k,
              repeats: bench.sizes.opens,
            },
          );
          return { milliseconds: median(milliseconds) };
        },
      }));
      const rounds = await interleave(bench.store, "open", contenders, bench.sizes.shortRounds);
      const of = (name: string): readonly number[] =>
        (rounds.samples.get(name) ?? []).map((sample) => sample["milliseconds"] ?? 0);
      const ours = of(all.graph.name);
      const theirs = of(all.hnswlibNode.name);
      const both = ours.length > 0 && theirs.length > 0;
      return {
        id: "open",
        title: `Opening an index of ${count(set.base.rows)} vectors, first query included`,
        method: `Median of ${bench.sizes.opens} openings a round, the file in the page cache. usearch maps its file; ours verifies digests of what it reads.`,
        measured: kinds.flatMap(({ name }) =>
          of(name).length === 0
            ? []
            : [{ contender: name, cells: { milliseconds: spread(summarise(of(name))) } }],
        ),
        comparisons: [
          {
            what: "open a segment, first query included",
            against: "hnswlib-node",
            ratio: both ? ratioByRound(theirs, ours) : undefined,
            must: 10,
            aim: 20,
          },
        ],
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
