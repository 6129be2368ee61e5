import type { EvaluationRun } from "@clawkeep/retrieval";

/** One collection's figures. */
export interface QualityRow {
  readonly name: string;
  readonly judged: boolean;
  /** What the executable measured, with the shipped constant. */
  readonly run: EvaluationRun;
  /** The constant that the other collections choose, and nDCG@10 with it. */
  readonly constant: number;
  readonly withoutIt: number;
  /** nDCG@10 of a fusion of ranks over the same candidates. */
  readonly rrf: number;
}

/** Never further below a fusion of ranks, at least so far above it in the mean. */
const mostBelowRrf = 0.005;
const leastMeanGain = 0.015;
/** Legs so near each other, and what may be lost against the better one where they are not. */
const nearLegs = 0.1;
const mostBelowLeg = 0.01;

/** What these two collections are known to give. */
const floors: Readonly<Record<string, number>> = { "claude-docs": 0.795, "code-chunks": 0.735 };

/** What the judged collections hold against the bounds, shipped and with constants chosen without them. */
export function missedBounds(rows: readonly QualityRow[]): readonly string[] {
  const judged = rows.filter((row) => row.judged);
  const missed = judged
    .filter((row) => shipped(row) < (floors[row.name] ?? 0))
    .map((row) => `${row.name}: less than ${floors[row.name] ?? 0}`);
  for (const [what, of] of [
    ["shipped", shipped],
    ["chosen without it", (row: QualityRow) => row.withoutIt],
  ] as const) {
    for (const row of judged) {
      const ours = of(row);
      const [keyword, dense] = [legOf(row, "keyword"), legOf(row, "dense")];
      const allowed = Math.abs(keyword - dense) <= nearLegs ? 0 : mostBelowLeg;
      if (ours < row.rrf - mostBelowRrf) {
        missed.push(`${row.name}, ${what}: more than ${mostBelowRrf} below RRF`);
      }
      if (ours < Math.max(keyword, dense) - allowed) {
        missed.push(`${row.name}, ${what}: below the better leg`);
      }
    }
    const gain = mean(judged.map((row) => of(row) - row.rrf));
    if (!(gain >= leastMeanGain)) {
      missed.push(`mean, ${what}: ${gain.toFixed(4)} above RRF, not ${leastMeanGain}`);
    }
  }
  return missed;
}

/** The table that people read. */
export function tableOf(
  rows: readonly QualityRow[],
  found: { readonly chosen: number; readonly shipped: number; readonly missed: readonly string[] },
): string {
  const figure = (value: number): string => value.toFixed(4);
  const judged = rows.filter((row) => row.judged);
  const gains = (of: (row: QualityRow) => number): string =>
    figure(mean(judged.map((row) => of(row) - row.rrf)));
  return [
    "# Retrieval quality through `local-rag`: nDCG@10",
    "",
    "| collection | questions | keyword | dense | RRF | ours, constant chosen without it | ours, shipped | MRR@10 | Recall@100 |",
    "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ...rows.map((row) =>
      [
        "",
        row.judged ? row.name : `${row.name} (judged by nobody)`,
        row.run.questions,
        figure(legOf(row, "keyword")),
        figure(legOf(row, "dense")),
        figure(row.rrf),
        `${figure(row.withoutIt)} (${row.constant})`,
        figure(shipped(row)),
        figure(row.run.figures["mrr@10"]),
        figure(row.run.figures["recall@100"]),
        "",
      ]
        .join(" | ")
        .trim(),
    ),
    "",
    `Mean over RRF on the judged collections: ${gains((row) => row.withoutIt)} with constants chosen without each, ${gains(shipped)} as shipped.`,
    `All collections together choose ${found.chosen}; ${found.shipped} is shipped.`,
    found.missed.length === 0 ? "Every bound holds." : `Missed: ${found.missed.join("; ")}.`,
    "",
  ].join("\n");
}

function shipped({ run }: QualityRow): number {
  return run.figures["ndcg@10"];
}

function legOf({ run }: QualityRow, leg: string): number {
  return run.beside[leg]?.["ndcg@10"] ?? 0;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
