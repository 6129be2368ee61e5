import type { Sentence } from "./split-sentences.ts";

/** A sentence and its terms. */
export interface AnalysedSentence extends Sentence {
  /** Each once, in the order in which the sentence has them; those that no question asked for may be left out. */
  readonly terms: readonly string[];
}

/**
 * Sentences of a passage with their terms.
 *
 * @param analyse the index's analyser, or what finds a question's terms by its rules.
 */
export function analyseSentences(
  sentences: readonly Sentence[],
  analyse: (text: string) => readonly string[],
): readonly AnalysedSentence[] {
  return sentences.map(({ text, start }) => ({
    text,
    start,
    terms: [...new Set(analyse(text))],
  }));
}
