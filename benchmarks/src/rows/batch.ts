import { summarise } from "../statistics/summary.ts";
import { spread } from "./figure.ts";
import { nodeIndexes, pythonIndexes } from "./indexes.ts";
import type { Row } from "./row.ts";
import { ratesAt, searchCurves } from "./search-curves.ts";

/** All queries in one call: apart, because it is another question. */
export const batch: Row = {
  id: "batch",
  about: "all queries in one call over two threads: Python hnswlib and faiss, usearch, ours",
  async run(bench) {
    const set = await bench.real();
    const all = nodeIndexes(bench);
    const kinds = [all.graph, all.usearchF16, ...pythonIndexes(bench)];
    const curves = await searchCurves(bench, {
      row: "batch",
      set,
      kinds,
      efs: bench.sizes.efs,
      rounds: bench.sizes.longRounds,
      batchThreads: 2,
    });
    const cell = (name: string, recall: number): string => {
      const found = ratesAt(curves.points.get(name) ?? [], recall);
      return found === undefined ? "not reached" : spread(summarise(found.rates));
    };
    return {
      id: "batch",
      title: "All queries in one call, two threads",
      method:
        "The same set as the row of one query a call. No bound: the peers in Python are there as the measure of what is possible.",
      measured: kinds.flatMap(({ name }) =>
        (curves.points.get(name)?.length ?? 0) === 0
          ? []
          : [
              {
                contender: name,
                cells: {
                  "queries/s at 0.95": cell(name, 0.95),
                  "queries/s at 0.99": cell(name, 0.99),
                },
              },
            ],
      ),
      comparisons: [],
      charts: [],
      missing: curves.missing,
      sessions: curves.sessions,
      raw: [...curves.points],
    };
  },
};
