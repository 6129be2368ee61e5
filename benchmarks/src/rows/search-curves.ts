import path from "node:path";

import type { VectorSet } from "../data/vector-sets.ts";
import { readIds } from "../data/vector-sets.ts";
import { treeRssAnon } from "../measure/tree-memory.ts";
import type { Rounds } from "../samples/interleave.ts";
import { interleave } from "../samples/interleave.ts";
import { recallOf } from "../statistics/recall.ts";
import type { CurvePoint, RateAtRecall } from "../statistics/rate-at-recall.ts";
import { rateAtRecall } from "../statistics/rate-at-recall.ts";
import { median } from "../statistics/summary.ts";
import type { IndexKind } from "./indexes.ts";
import { keptIndex } from "./indexes.ts";
import type { Bench } from "./row.ts";
import { WorkersOf } from "./workers-of.ts";

/** What is measured over which set. */
export interface CurvePlan {
  readonly row: string;
  readonly set: VectorSet;
  readonly kinds: readonly IndexKind[];
  readonly efs: readonly number[];
  readonly rounds: number;
  /** All queries in one call over so many threads. */
  readonly batchThreads?: number;
}

/** The curves of every kind: point by point with all rounds. */
export interface Curves {
  readonly points: ReadonlyMap<string, readonly MeasuredPoint[]>;
  readonly missing: Rounds["missing"];
  readonly sessions: Rounds["sessions"];
}

/** One kind at one ef. */
export interface MeasuredPoint {
  readonly ef: number;
  readonly recall: number;
  readonly rates: readonly number[];
  /** Processor microseconds a query, all threads. */
  readonly cpuMicroseconds: number;
  /** Of the process that searches, its queries included. */
  readonly rssAnonMiB: number;
}

interface SearchReply {
  readonly rate: number;
  readonly asked: number;
  readonly cpuSeconds: number;
}

/** Measures recall and rate of every kind at every ef, interleaved. */
export async function searchCurves(bench: Bench, plan: CurvePlan): Promise<Curves> {
  const { set, kinds, row, rounds } = plan;
  const workers = new WorkersOf();
  const measureOf = (kind: IndexKind, ef: number) => async (): Promise<Record<string, number>> => {
    const file = await keptIndex(bench, kind, set);
    const out = path.join(bench.scratch, "ids");
    const worker = workers.get(kind.name, kind.start);
    const reply = await worker.request<SearchReply>("search", {
      index: {
        variant: kind.variant,
        file,
        dimensions: set.dimensions,
        rows: set.base.rows,
        ef,
      },
      queries: set.queries,
      k: set.k,
      minSeconds: bench.sizes.rateSeconds,
      out,
      ...(plan.batchThreads === undefined ? {} : { batchThreads: plan.batchThreads }),
    });
    const recall = recallOf(readIds(out), set.truth, set.k);
    const rssAnonMiB = treeRssAnon(worker.pid);
    return { rate: reply.rate, recall, cpuSeconds: reply.cpuSeconds / reply.asked, rssAnonMiB };
  };
  const points = new Map<string, MeasuredPoint[]>(kinds.map(({ name }) => [name, []]));
  const missing: { contender: string; why: string }[] = [];
  const sessions = new Set<string>();
  try {
    const most = Math.max(1, ...plan.efs.map((_, place) => place + 1));
    for (let place = 0; place < most; place += 1) {
      const ef = plan.efs[place] ?? 0;
      const failed = new Set(missing.map(({ contender }) => contender));
      const contenders = kinds
        .filter((kind) => !failed.has(kind.name) && (!kind.scan || place === 0))
        .map((kind) => ({ name: kind.name, measure: measureOf(kind, ef) }));
      const found = await interleave(bench.store, `${row}@${ef}`, contenders, rounds);
      missing.push(...found.missing);
      found.sessions.forEach((session) => sessions.add(session));
      for (const [name, samples] of found.samples) {
        points.get(name)?.push({
          ef,
          recall: samples[0]?.["recall"] ?? 0,
          rates: samples.map((sample) => sample["rate"] ?? 0),
          rssAnonMiB: median(samples.map((sample) => sample["rssAnonMiB"] ?? 0)),
          cpuMicroseconds: 1e6 * median(samples.map((sample) => sample["cpuSeconds"] ?? 0)),
        });
      }
    }
  } finally {
    await workers.close();
  }
  return { points, missing, sessions: [...sessions].sort() };
}

/** The rate at a recall in each round; undefined when the curve does not reach it. */
export function ratesAt(
  points: readonly MeasuredPoint[],
  target: number,
): { readonly rates: readonly number[]; readonly how: RateAtRecall } | undefined {
  const rounds = Math.min(...points.map(({ rates }) => rates.length));
  const curveOf = (rateOf: (point: MeasuredPoint) => number): readonly CurvePoint[] =>
    points.map((point) => ({ recall: point.recall, rate: rateOf(point) }));
  const rates: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const found = rateAtRecall(
      curveOf((point) => point.rates[round] ?? 0),
      target,
    );
    if (found === undefined) {
      return undefined;
    }
    rates.push(found.rate);
  }
  const how = rateAtRecall(
    curveOf((point) => median(point.rates)),
    target,
  );
  return how === undefined || rates.length === 0 ? undefined : { rates, how };
}
