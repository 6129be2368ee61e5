import { summarise } from "../statistics/summary.ts";
import type { Series } from "../report/chart.ts";
import { count, figure } from "./figure.ts";
import { nodeIndexes } from "./indexes.ts";
import type { Measured, Row } from "./row.ts";
import { ratesAt, searchCurves } from "./search-curves.ts";

/** How rates change with the number of real vectors: where the graph passes the scan. */
export const growth: Row = {
  id: "growth",
  about: "queries a second over a growing number of real vectors: graph, scan, peers",
  async run(bench) {
    const all = nodeIndexes(bench);
    const kinds = [all.graph, all.exact, all.hnswlibNode, all.usearchF16];
    const series = new Map<string, [number, number][]>(kinds.map(({ name }) => [name, []]));
    const measured: Measured[] = [];
    const raw: unknown[] = [];
    const missing: { contender: string; why: string }[] = [];
    const sessions = new Set<string>();
    for (const wanted of bench.sizes.growth) {
      const set = await bench.real(wanted);
      const rows = set.base.rows;
      const curves = await searchCurves(bench, {
        row: `growth-${rows}`,
        set,
        kinds,
        efs: bench.sizes.efs.filter((ef) => ef <= 128),
        rounds: bench.sizes.longRounds,
      });
      missing.push(...curves.missing);
      curves.sessions.forEach((session) => sessions.add(session));
      const cells: Record<string, string> = {};
      for (const { name } of kinds) {
        const found = ratesAt(curves.points.get(name) ?? [], 0.99);
        cells[name] = found === undefined ? "not reached" : figure(summarise(found.rates).median);
        if (found !== undefined) {
          series.get(name)?.push([rows, summarise(found.rates).median]);
        }
      }
      measured.push({ contender: `${count(rows)} vectors`, cells });
      raw.push({ rows, points: [...curves.points] });
    }
    const lines: readonly Series[] = kinds.map(({ name, ours }) => ({
      name,
      ours,
      points: series.get(name) ?? [],
    }));
    const title = "Queries a second at recall@10 ≥ 0.99, over real vectors";
    return {
      id: "growth",
      title,
      method: "As the row of real vectors, over the first so many of them.",
      measured,
      comparisons: [],
      charts: [
        {
          kind: "lines",
          name: "growth",
          title,
          x: { label: "vectors", scale: "log" },
          y: { label: "queries a second", scale: "log" },
          series: lines,
        },
      ],
      missing,
      sessions: [...sessions].sort(),
      raw,
    };
  },
};
