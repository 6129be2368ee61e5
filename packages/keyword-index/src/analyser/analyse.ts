import { stemEnglish } from "./stem-english.ts";
import { splitIdentifier } from "./split-identifier.ts";
import { stopWords } from "./stop-words.ts";
import { wordsOf } from "./words-of.ts";

/** What is recorded as the analyser of a segment; raised when the terms of any text change. */
export const analyserVersion = 1;

/** A longer run of letters is no word and no name that somebody asks for: only its parts count. */
const longestTerm = 80;
const cacheSize = 65_536;
const cache: Map<string, readonly string[]> = new Map();

/**
 * The terms of a text, in order, repeats included ("BM25-code"):
 * - words are runs of letters, marks, digits and `_`; accents of the Latin, Greek and Cyrillic kind
 *   are folded; scripts that are written without spaces give overlapping pairs of characters;
 * - an identifier gives itself and its parts: camelCase, snake_case, and where letters meet digits;
 * - stop words are left out, English words are stemmed (Snowball).
 *
 * A term has at most 80 UTF-16 units, so at most 240 bytes.
 */
export function analyse(text: string): string[] {
  const terms: string[] = [];
  for (const word of wordsOf(text)) {
    for (const term of termsOf(word)) {
      terms.push(term);
    }
  }
  return terms;
}

/** The terms of one word, repeats included. */
export function termsOf(word: string): readonly string[] {
  const known = cache.get(word);
  if (known !== undefined) {
    return known;
  }
  const terms = analyseWord(word);
  if (cache.size >= cacheSize) {
    cache.clear();
  }
  cache.set(word, terms);
  return terms;
}

function analyseWord(word: string): readonly string[] {
  const parts = splitIdentifier(word);
  const whole = word.toLowerCase();
  const terms = parts.length > 1 && whole.length <= longestTerm ? [stemEnglish(whole)] : [];
  for (const part of parts) {
    const lower = part.toLowerCase();
    if (lower.length <= longestTerm && !stopWords.has(lower)) {
      terms.push(stemEnglish(lower));
    }
  }
  return terms;
}
