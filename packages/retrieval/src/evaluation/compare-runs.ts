import { CodedError } from "@clawkeep/diagnostics";

import type { EvaluationRun, Figures } from "./evaluate.ts";

/** How one question fared in two runs. */
export interface QuestionDifference {
  readonly id: string;
  readonly text: string;
  readonly before: number;
  readonly after: number;
}

/** Two runs over the same questions. */
export interface RunComparison {
  readonly figure: keyof Figures;
  readonly before: number;
  readonly after: number;
  /** Mean difference, and where 95% of 2,000 resamplings of the questions lie. */
  readonly difference: number;
  readonly low: number;
  readonly high: number;
  readonly better: number;
  readonly worse: number;
  readonly same: number;
  /** The questions that differ, the greatest loss first, then the greatest gain last. */
  readonly questions: readonly QuestionDifference[];
}

const resamplings = 2000;

/**
 * Compares two runs question by question.
 *
 * @throws CodedError `EVAL_COMPARE` when they did not ask the same questions.
 */
export function compareRuns(
  before: EvaluationRun,
  after: EvaluationRun,
  figure: keyof Figures,
): RunComparison {
  const earlier = new Map(before.results.map((result) => [result.id, result]));
  const questions = after.results.map(({ id, text, figures }): QuestionDifference => {
    const known = earlier.get(id);
    if (known === undefined || known.text !== text) {
      throw otherQuestions(id);
    }
    return { id, text, before: known.figures[figure], after: figures[figure] };
  });
  if (before.results.length !== questions.length) {
    throw otherQuestions(`${before.results.length} against ${questions.length} of them`);
  }
  const changes = questions.map((question) => question.after - question.before);
  const [low, high] = resample(changes);
  return {
    figure,
    before: before.figures[figure],
    after: after.figures[figure],
    difference: mean(changes),
    low,
    high,
    better: changes.filter((change) => change > 0).length,
    worse: changes.filter((change) => change < 0).length,
    same: changes.filter((change) => change === 0).length,
    questions: questions
      .filter((question) => question.after !== question.before)
      .sort((a, b) => a.after - a.before - (b.after - b.before) || (a.id < b.id ? -1 : 1)),
  };
}

/** Percentile bootstrap. The generator is seeded: the same two runs give the same interval. */
function resample(values: readonly number[]): readonly [number, number] {
  const random = generator(1);
  const means = Array.from({ length: resamplings }, () =>
    mean(values.map(() => values[Math.floor(random() * values.length)] ?? 0)),
  ).sort((a, b) => a - b);
  return [
    means[Math.floor(resamplings * 0.025)] ?? 0,
    means[Math.ceil(resamplings * 0.975) - 1] ?? 0,
  ];
}

/** Numbers from 0 up to 1 (mulberry32). */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d_2b_79_f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function otherQuestions(what: string): CodedError {
  return new CodedError({
    code: "EVAL_COMPARE",
    message: `expected two runs over the same questions, got others: ${what}`,
    hint: "compare runs of one collection",
  });
}
