export type {
  KeywordHits,
  KeywordIndex,
  KeywordSearchOptions,
  KeywordStatistics,
  KeywordTotals,
} from "./keyword-index.ts";
