export type {
  Answer,
  AnswerExplanation,
  Citation,
  Hit,
  HitExplanation,
  Summary,
  SummarySentence,
} from "./query/answer.ts";
export type { Snapshot, SnapshotContent, SnapshotSegment } from "./snapshot/snapshot.ts";
