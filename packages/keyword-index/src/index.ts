export { analyse, analyserVersion } from "./analyser/analyse.ts";
export { buildKeywordSections, startKeywordSections } from "./build-keyword-sections.ts";
export type { KeywordInput, KeywordSectionsBuilder } from "./build-keyword-sections.ts";
export { termFinder } from "./analyser/term-finder.ts";
export { wordsOf } from "./analyser/words-of.ts";
export type {
  KeywordField,
  KeywordHits,
  KeywordIndex,
  KeywordSearchOptions,
  KeywordStatistics,
  KeywordTotals,
} from "./keyword-index.ts";
export { openKeywordIndex, sumStatistics } from "./open-keyword-index.ts";
export type { OpenKeywordIndexOptions } from "./open-keyword-index.ts";
