import type { VectorSet } from "../data/vector-sets.ts";
import { ratioByRound, summarise } from "../statistics/summary.ts";
import { count, figure, spread } from "./figure.ts";
import type { IndexKind } from "./indexes.ts";
import { nodeIndexes } from "./indexes.ts";
import type { Bench, Comparison, Measured, Row, RowResult } from "./row.ts";
import type { Curves, MeasuredPoint } from "./search-curves.ts";
import { ratesAt, searchCurves } from "./search-curves.ts";

/** A recall that is compared at, against a peer, with what has to be reached. */
interface Goal {
  readonly recall: number;
  readonly against: string;
  /** Names of the peer's forms, of which the fastest there counts. */
  readonly forms: readonly string[];
  readonly must: number;
  readonly aim: number;
}

const recalls = [0.95, 0.99];
const oneCall =
  "One query a call through Node, one thread, k = 10; recall@10 against exact f32 search; ";

/** Real vectors: held-out passages against passages. */
export const annReal: Row = {
  id: "ann-real",
  about: "nearest neighbours over 10,000 real vectors, one query a call through Node",
  run: async (bench) => {
    const kinds = nodeIndexes(bench);
    const hnswlib = [kinds.hnswlibNode, kinds.hnswlibNodeSparse];
    const theirs = [...hnswlib, kinds.usearchF16, kinds.usearchBf16];
    const slow = [kinds.lancedb, kinds.sqliteVec];
    const thorough = [kinds.usearchF32, kinds.portable];
    const more = [kinds.usearchI8, ...(bench.sizes.thorough ? thorough : []), ...slow];
    const set = await bench.real();
    return annRow(bench, {
      id: "ann-real",
      title: `Nearest neighbours, ${count(set.base.rows)} real vectors`,
      method: `${oneCall}queries are ${set.queries.rows} held-out passages.`,
      set,
      over: "real",
      kinds: [kinds.graph, kinds.exact, ...theirs, ...more],
      efs: bench.sizes.efs,
      goals: [
        goal("hnswlib-node", hnswlib, { recall: 0.95, must: 5, aim: 6.5 }),
        goal("usearch f16", [kinds.usearchF16], { recall: 0.95, must: 1.8, aim: 2.2 }),
        goal("usearch bf16", [kinds.usearchBf16], { recall: 0.95, must: 1.8, aim: 2.2 }),
        goal("hnswlib-node", hnswlib, { recall: 0.99, must: 4, aim: 4.5 }),
        goal("usearch f16", [kinds.usearchF16], { recall: 0.99, must: 1.6, aim: 1.8 }),
        goal("usearch bf16", [kinds.usearchBf16], { recall: 0.99, must: 1.6, aim: 1.8 }),
      ],
    });
  },
};

/** The clustered stress set. */
export const annStress: Row = {
  id: "ann-stress",
  about: "nearest neighbours over 100,000 clustered synthetic vectors: a stress test",
  run: async (bench) => {
    const kinds = nodeIndexes(bench);
    const set = await bench.stress();
    const hnswlib = [kinds.hnswlibNode, kinds.hnswlibNodeSparse];
    return annRow(bench, {
      id: "ann-stress",
      title: `Stress test: nearest neighbours, ${count(set.base.rows)} clustered synthetic vectors`,
      method: `${oneCall}the set is synthetic (clusters in few directions): it shows what size does, not what text does.`,
      set,
      over: "synthetic",
      kinds: [kinds.graph, kinds.exact, ...hnswlib, kinds.usearchF16],
      efs: bench.sizes.stressEfs,
      goals: [goal("hnswlib-node", hnswlib, { recall: 0.95, must: 2.5, aim: 5 })],
    });
  },
};

/** A million vectors, once. */
export const annLargest: Row = {
  id: "ann-largest",
  about: "the stress test with 1,000,000 vectors: ours and hnswlib-node (hours, once)",
  only: "full",
  run: async (bench) => {
    const kinds = nodeIndexes(bench);
    const set = await bench.stress(bench.sizes.largest);
    return annRow(bench, {
      id: "ann-largest",
      title: `Stress test: nearest neighbours, ${count(set.base.rows)} clustered synthetic vectors`,
      method: oneCall,
      set,
      over: "synthetic",
      kinds: [kinds.graph, kinds.exact, kinds.hnswlibNode],
      efs: bench.sizes.stressEfs,
      goals: [],
    });
  },
};

function goal(
  against: string,
  forms: readonly IndexKind[],
  reached: Pick<Goal, "recall" | "must" | "aim">,
): Goal {
  return { against, forms: forms.map(({ name }) => name), ...reached };
}

interface AnnPlan {
  readonly id: string;
  readonly title: string;
  readonly method: string;
  readonly set: VectorSet;
  /** What the vectors are, in a word. */
  readonly over: string;
  readonly kinds: readonly IndexKind[];
  readonly efs: readonly number[];
  readonly goals: readonly Goal[];
}

async function annRow(bench: Bench, plan: AnnPlan): Promise<RowResult> {
  const { id, set, kinds, efs } = plan;
  const rounds = bench.sizes.shortRounds;
  const curves = await searchCurves(bench, { row: id, set, kinds, efs, rounds });
  return {
    id,
    title: plan.title,
    method: `${plan.method} Rates between two settings are interpolated; nothing is extrapolated.`,
    measured: kinds.flatMap((kind) => measuredOf(kind, curves)),
    comparisons: plan.goals.map((goal) => compare(goal, plan, curves)),
    charts: [
      {
        kind: "lines",
        name: id,
        title: plan.title,
        x: { label: "recall@10", scale: "linear" },
        y: { label: "queries a second", scale: "log" },
        series: kinds.map(({ name, ours }) => ({
          name,
          ours,
          points: (curves.points.get(name) ?? []).map((point) => [
            point.recall,
            summarise(point.rates).median,
          ]),
        })),
      },
    ],
    missing: curves.missing,
    sessions: curves.sessions,
    raw: {
      set: set.name,
      rows: set.base.rows,
      queries: set.queries.rows,
      points: [...curves.points],
    },
  };
}

function measuredOf(kind: IndexKind, curves: Curves): readonly Measured[] {
  const points = curves.points.get(kind.name) ?? [];
  if (points.length === 0) {
    return [];
  }
  const cells: Record<string, string> = {};
  for (const recall of recalls) {
    const found = ratesAt(points, recall);
    cells[`queries/s at ${recall}`] =
      found === undefined
        ? "not reached"
        : `${spread(summarise(found.rates))}${found.how.how === "nearest above" ? ` (at ${found.how.recall.toFixed(3)})` : ""}`;
  }
  const best = Math.max(...points.map(({ recall }) => recall));
  cells["best recall"] = best.toFixed(4);
  cells["CPU µs a query there"] = figure(
    points.find(({ recall }) => recall === best)?.cpuMicroseconds ?? Number.NaN,
  );
  cells["RssAnon MiB"] = figure(Math.max(...points.map(({ rssAnonMiB }) => rssAnonMiB)));
  return [{ contender: kind.name, cells }];
}

/** Ours is the graph or the scan, whichever is faster there: an index chooses by its size. */
function compare(goal: Goal, { kinds, set, over }: AnnPlan, curves: Curves): Comparison {
  const pointsOf = (name: string): readonly MeasuredPoint[] => curves.points.get(name) ?? [];
  const fastest = (names: readonly string[]) =>
    names
      .filter((name) => pointsOf(name).length > 0)
      .map((name) => ({ name, found: ratesAt(pointsOf(name), goal.recall) }))
      .toSorted((a, b) => rateOf(b.found) - rateOf(a.found))[0];
  const ours = fastest(kinds.filter((kind) => kind.ours).map(({ name }) => name));
  const peer = fastest(goal.forms);
  const theirs = peer?.found;
  const both = ours?.found !== undefined && theirs !== undefined;
  const how = theirs?.how;
  const chosen = goal.forms.length > 1 ? `, ${peer?.name}` : "";
  return {
    what: `queries/s at recall@10 ≥ ${goal.recall}, ${count(set.base.rows)} ${over}`,
    against: goal.against,
    ratio: both ? ratioByRound(ours.found?.rates ?? [], theirs.rates) : undefined,
    must: goal.must,
    aim: goal.aim,
    ...(both
      ? how?.how === "nearest above"
        ? { note: `${ours.name}${chosen}; the peer at ${how.recall.toFixed(3)}, its nearest above` }
        : { note: `${ours.name}${chosen}` }
      : { note: "one of them does not reach this recall" }),
  };
}

function rateOf(found: ReturnType<typeof ratesAt>): number {
  return found?.how.rate ?? 0;
}
