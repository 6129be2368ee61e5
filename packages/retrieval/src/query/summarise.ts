import type { AnalysedSentence } from "./analyse-sentences.ts";
import type { Summary } from "./answer.ts";
import { quoteForModel } from "./quote-for-model.ts";

/** A passage that sentences may be taken from. */
export interface SummarySource {
  /** The passage as it stands in the file. */
  readonly text: string;
  /** 0…1; between two sentences that say as much, the one of the better passage is taken. */
  readonly score: number;
  /** Those of the text; asked for where a summary looks at them only. */
  readonly sentences: () => readonly AnalysedSentence[];
}

/** Passages that a summary is taken from: the first ones only. */
const passages = 5;
const mostSentences = 3;
/** A further sentence must bring this share of the query's weight, or it is left out. */
const leastGain = 0.15;

interface Choice {
  readonly text: string;
  readonly citation: number;
  readonly start: number;
  /** Those that the query has too. */
  readonly terms: readonly string[];
  readonly quality: number;
}

/**
 * One to three whole sentences of the best passages, chosen by the weight of the query's terms that
 * they add (maximal coverage, greedy); empty without passages. The same sources and weights give
 * the same bytes.
 *
 * @param weights inverse document frequency of each term of the query.
 */
export function summarise(
  sources: readonly SummarySource[],
  weights: ReadonlyMap<string, number>,
): Summary {
  const best = Math.max(0, ...sources.map(({ score }) => score));
  const choices = sources.slice(0, passages).flatMap((source, citation) =>
    source.sentences().map(({ text, start, terms }): Choice => ({
      text,
      citation,
      start,
      terms: terms.filter((term) => weights.has(term)),
      quality: best > 0 ? (source.score / best) ** 2 : 1,
    })),
  );
  const chosen = choose(choices, weights);
  const sentences = chosen
    .sort((a, b) => a.citation - b.citation || a.start - b.start)
    .map((choice) => ({ text: quoteForModel(choice.text), citation: choice.citation }));
  if (sentences.length === 0) {
    const line = sources[0]?.text.split("\n").find((candidate) => candidate.trim() !== "");
    if (line !== undefined) {
      sentences.push({ text: quoteForModel(line.trim()), citation: 0 });
    }
  }
  return {
    text: sentences.map(({ text, citation }) => `${text} [${citation + 1}]`).join(" "),
    sentences,
  };
}

function choose(choices: readonly Choice[], weights: ReadonlyMap<string, number>): Choice[] {
  const total = [...weights.values()].reduce((sum, weight) => sum + weight, 0);
  const covered = new Set<string>();
  const chosen: Choice[] = [];
  while (chosen.length < mostSentences) {
    let best: Choice | undefined;
    let bestGain = 0;
    for (const choice of choices) {
      const gain = gainOf(choice, weights, covered) * choice.quality;
      const repeated = chosen.some(({ text }) => text === choice.text);
      if (gain > bestGain && !repeated) {
        [best, bestGain] = [choice, gain];
      }
    }
    if (best === undefined || (chosen.length > 0 && bestGain < leastGain * total)) {
      break;
    }
    chosen.push(best);
    for (const term of best.terms) {
      covered.add(term);
    }
  }
  const [first] = choices;
  return chosen.length === 0 && first !== undefined ? [first] : chosen;
}

function gainOf(
  choice: Choice,
  weights: ReadonlyMap<string, number>,
  covered: ReadonlySet<string>,
): number {
  let gain = 0;
  for (const term of choice.terms) {
    gain += covered.has(term) ? 0 : (weights.get(term) ?? 0);
  }
  return gain;
}
