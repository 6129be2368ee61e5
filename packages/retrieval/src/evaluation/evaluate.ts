import type { Digest } from "@clawkeep/integrity";

import { answerQuery } from "../query/answer-query.ts";
import type { Index } from "../query/open-index.ts";
import { largestTopK } from "../query/query-options.ts";
import { rankLegs } from "./rank-legs.ts";
import type { Ranking } from "./ranking-metrics.ts";
import { ndcg, rankDocuments, recall, reciprocalRank } from "./ranking-metrics.ts";
import type { CollectionQuestion } from "./read-collection.ts";

/** The figures of one ranking, or their means. */
export interface Figures {
  readonly "ndcg@10": number;
  readonly "mrr@10": number;
  readonly "recall@10": number;
  readonly "recall@100": number;
}

/** One question's figures. */
export interface QuestionResult {
  readonly id: string;
  readonly text: string;
  readonly figures: Figures;
  /** Wall time from the question's text to its answer. */
  readonly tookMs: number;
}

/** What an evaluation found: version 1 of what `local-rag eval --json` prints. */
export interface EvaluationRun {
  readonly version: 1;
  readonly collection: string;
  readonly snapshotRoot: Digest;
  /** Present when the keyword leg answered alone, and why. */
  readonly vectors?: string;
  readonly questions: number;
  /** Means over the questions of what the index answers. */
  readonly figures: Figures;
  /** The same by each leg alone, and by reciprocal rank fusion of both; empty without vectors. */
  readonly beside: Readonly<Record<string, Figures>>;
  readonly latencyMs: { readonly p50: number; readonly p95: number; readonly worst: number };
  readonly results: readonly QuestionResult[];
}

/** The names of all figures, as `--min` takes them. */
export const figureNames: readonly (keyof Figures)[] = [
  "ndcg@10",
  "mrr@10",
  "recall@10",
  "recall@100",
];

/**
 * Asks every question of an index and measures how its documents are ranked; a document counts at the
 * place of its best passage.
 *
 * @param ids The document's id of each path; what is absent is its own id.
 * @throws RangeError without questions.
 */
export async function evaluate(
  index: Index,
  embed: (text: string) => Promise<Float32Array>,
  questions: readonly CollectionQuestion[],
  { collection, ids }: { readonly collection: string; readonly ids?: ReadonlyMap<string, string> },
): Promise<EvaluationRun> {
  if (questions.length === 0) {
    throw new RangeError("no question: nothing to measure");
  }
  const named = (ranking: Ranking): Ranking => ranking.map((path) => ids?.get(path) ?? path);
  const beside = new Map<string, Figures[]>();
  const results: QuestionResult[] = [];
  for (const { id, text, relevance } of questions) {
    const measure = (ranking: Ranking): Figures => figuresOf(named(ranking), relevance);
    const started = performance.now();
    const answer = await answerQuery(index, embed, text, { topK: largestTopK });
    const tookMs = Math.round((performance.now() - started) * 100) / 100;
    const ranking = rankDocuments(answer.results.map(({ citation }) => citation.path));
    results.push({ id, text, figures: measure(ranking), tookMs });
    if (index.vectors === undefined) {
      for (const [leg, order] of Object.entries(rankLegs(index, text, await embed(text)))) {
        beside.set(leg, [...(beside.get(leg) ?? []), measure(order as Ranking)]);
      }
    }
  }
  const times = results.map(({ tookMs }) => tookMs).sort((a, b) => a - b);
  const at = (share: number): number => times[Math.ceil(share * times.length) - 1] ?? 0;
  return {
    version: 1,
    collection,
    snapshotRoot: index.snapshot.snapshotRoot,
    ...(index.vectors === undefined ? {} : { vectors: index.vectors }),
    questions: results.length,
    figures: meanFigures(results.map(({ figures }) => figures)),
    beside: Object.fromEntries([...beside].map(([leg, all]) => [leg, meanFigures(all)])),
    latencyMs: { p50: at(0.5), p95: at(0.95), worst: at(1) },
    results,
  };
}

function figuresOf(ranking: Ranking, relevance: ReadonlyMap<string, number>): Figures {
  return {
    "ndcg@10": ndcg(ranking, relevance, 10),
    "mrr@10": reciprocalRank(ranking, relevance, 10),
    "recall@10": recall(ranking, relevance, 10),
    "recall@100": recall(ranking, relevance, 100),
  };
}

function meanFigures(all: readonly Figures[]): Figures {
  const mean = (name: keyof Figures): number =>
    all.reduce((sum, figures) => sum + figures[name], 0) / all.length;
  return {
    "ndcg@10": mean("ndcg@10"),
    "mrr@10": mean("mrr@10"),
    "recall@10": mean("recall@10"),
    "recall@100": mean("recall@100"),
  };
}
