export { describeEngine } from "@clawkeep/vector-index";
export type { EngineDescription } from "@clawkeep/vector-index";
export { indexStatus } from "./status/index-status.ts";
export type { IndexStatus } from "./status/index-status.ts";
export { sampleRecall } from "./status/sample-recall.ts";
export type { RecallSample } from "./status/sample-recall.ts";
export { verifyCitation } from "./citation/verify-citation.ts";
export type { CitationClaim, CitationState } from "./citation/verify-citation.ts";
export { exportBundle } from "./bundle/export-bundle.ts";
export type { ExportedBundle, ExportOptions } from "./bundle/export-bundle.ts";
export { importBundle } from "./bundle/import-bundle.ts";
export type { ImportedBundle, ImportOptions } from "./bundle/import-bundle.ts";
export type { BundleModel } from "./bundle/bundle-manifest.ts";
export { readCollections } from "./collections/read-collections.ts";
export type { NamedCollection, NamedCollections } from "./collections/read-collections.ts";
export { addCollection, removeCollection } from "./collections/write-collections.ts";
export { readClaim } from "./citation/read-claim.ts";
export type { AnswerClaim, HitClaim } from "./citation/read-claim.ts";
export { verifyCollections } from "./citation/verify-collections.ts";
export type {
  AnswerVerification,
  HitVerification,
  VerifyAnswerOptions,
} from "./citation/verify-answer.ts";
export { checkProofs } from "./citation/check-proofs.ts";
export type {
  CheckProofsOptions,
  ProofVerification,
  ProvenPassage,
} from "./citation/check-proofs.ts";
export { readProofs } from "./citation/read-proofs.ts";
export type { CitationProof } from "./citation/citation-proof.ts";
export { verifyIndex } from "./citation/verify-index.ts";
export type { IndexVerification } from "./citation/verify-index.ts";
export { ndcg, rankDocuments } from "./evaluation/ranking-metrics.ts";
export type { Ranking, Relevance } from "./evaluation/ranking-metrics.ts";
export { compareRuns } from "./evaluation/compare-runs.ts";
export type { QuestionDifference, RunComparison } from "./evaluation/compare-runs.ts";
export { evaluate, figureNames } from "./evaluation/evaluate.ts";
export type { EvaluationRun, Figures, QuestionResult } from "./evaluation/evaluate.ts";
export { rankBySpread } from "./evaluation/rank-by-spread.ts";
export { rankLegs } from "./evaluation/rank-legs.ts";
export type { LegRankings } from "./evaluation/rank-legs.ts";
export { layOutCollection } from "./evaluation/lay-out-collection.ts";
export { readCollection } from "./evaluation/read-collection.ts";
export type {
  Collection,
  CollectionDocument,
  CollectionQuestion,
} from "./evaluation/read-collection.ts";
export { readRun } from "./evaluation/read-run.ts";
export { indexFolder } from "./ingest/index-folder.ts";
export type { IndexModel, IndexOptions, IndexReport } from "./ingest/index-run.ts";
export type { IndexProgress } from "./ingest/index-progress.ts";
export { forgetPaths } from "./forgetting/forget-paths.ts";
export type { ForgetReport } from "./forgetting/forget-paths.ts";
export { watchFolder } from "./watch/watch-folder.ts";
export type { WatchEvent, WatchOptions } from "./watch/watch-folder.ts";
export type {
  Answer,
  AnswerExplanation,
  Budget,
  Citation,
  Hit,
  HitExplanation,
  Neighbour,
  Summary,
  SummarySentence,
} from "./query/answer.ts";
export { answerFormats, printAnswer } from "./output/print-answer.ts";
export type { AnswerFormat } from "./output/print-answer.ts";
export { answerQuery } from "./query/answer-query.ts";
export { citationOf } from "./query/hit.ts";
export { shippedSpread } from "./query/fuse.ts";
export {
  largestBudget,
  largestContext,
  largestTopK,
  longestQueryBytes,
} from "./query/query-options.ts";
export type { QueryOptions } from "./query/query-options.ts";
export type { QueryCondition, QueryField } from "./query/language/parse-query.ts";
export type { Reranker } from "./query/rerank.ts";
export { Collections, collectionsRoot, openIndexes } from "./query/open-collections.ts";
export type { IndexPlace } from "./query/open-collections.ts";
export { Index, openIndex } from "./query/open-index.ts";
export type { OpenIndexOptions } from "./query/open-index.ts";
export type { Searchable, SearchedCollection } from "./query/searchable.ts";
export { jsonForModel, quoteForModel, quoteLine } from "./query/quote-for-model.ts";
export { readSnapshot as currentSnapshot } from "./snapshot/read-snapshot.ts";
export type { Snapshot, SnapshotContent, SnapshotSegment } from "./snapshot/snapshot.ts";
export type { IndexTrust } from "./trust/require-trust.ts";
