import type { Sentence } from "./split-sentences.ts";
import { splitSentences } from "./split-sentences.ts";

/** A sentence and its terms. */
export interface AnalysedSentence extends Sentence {
  /** Each once, in the order in which the sentence has them. */
  readonly terms: readonly string[];
}

/**
 * The prose sentences of a passage with their terms: all of a summary that does not depend on the question.
 *
 * @param analyse the index's analyser.
 */
export function analyseSentences(
  passage: string,
  analyse: (text: string) => readonly string[],
): readonly AnalysedSentence[] {
  return splitSentences(passage).map(({ text, start }) => ({
    text,
    start,
    terms: [...new Set(analyse(text))],
  }));
}
