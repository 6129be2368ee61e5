import { count, escapeForTerminal } from "@clawkeep/diagnostics";
import type {
  EvaluationRun,
  Figures,
  QuestionDifference,
  RunComparison,
} from "@clawkeep/retrieval";
import { figureNames } from "@clawkeep/retrieval";

const shownQuestions = 10;

/** A run for people: a table of the figures, and the latency. */
export function describeRun(run: EvaluationRun): string {
  const { p50, p95, worst } = run.latencyMs;
  const row = (name: string, cells: readonly string[]): string =>
    `${name.padEnd(10)}${cells.map((cell) => cell.padStart(12)).join("")}\n`;
  const figures = (name: string, values: Figures): string =>
    row(
      name,
      figureNames.map((figure) => values[figure].toFixed(4)),
    );
  return (
    `${escapeForTerminal(run.collection)}: ${count(run.questions, "question")}${
      run.vectors === undefined ? "" : `, by keywords alone (vectors: ${run.vectors})`
    }\n` +
    row("", figureNames) +
    Object.entries(run.beside)
      .map(([name, values]) => figures(name, values))
      .join("") +
    figures("answers", run.figures) +
    `latency: p50 ${p50.toFixed(1)} ms, p95 ${p95.toFixed(1)} ms, worst ${worst.toFixed(1)} ms\n`
  );
}

/** Two runs for people: the means, and the questions that differ most. */
export function describeComparison(comparison: RunComparison): string {
  const { figure, before, after, difference, low, high, better, worse, same } = comparison;
  const { questions } = comparison;
  const losses = questions.filter((question) => question.after < question.before);
  const gains = questions.filter((question) => question.after > question.before).toReversed();
  const list = (title: string, all: readonly QuestionDifference[]): string =>
    all.length === 0
      ? ""
      : `${title}:\n${all
          .slice(0, shownQuestions)
          .map(
            (question) =>
              `  ${question.before.toFixed(3)} → ${question.after.toFixed(3)}  ${escapeForTerminal(question.text)}\n`,
          )
          .join("")}`;
  return (
    `${figure}: ${before.toFixed(4)} → ${after.toFixed(4)}, ${signed(difference)} ` +
    `(95% between ${signed(low)} and ${signed(high)}); ` +
    `${better} better, ${worse} worse, ${same} the same\n` +
    list("worse", losses) +
    list("better", gains)
  );
}

function signed(value: number): string {
  return `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(4)}`;
}
