import { CodedError } from "@clawkeep/diagnostics";

/** Every code that reading a segment can give. */
export type SegmentErrorCode =
  | "SEGMENT_READ"
  | "SEGMENT_TRUNCATED"
  | "SEGMENT_FOREIGN"
  | "SEGMENT_VERSION"
  | "SEGMENT_HEADER"
  | "SEGMENT_TABLE"
  | "SEGMENT_UNKNOWN_SECTION"
  | "SEGMENT_SECTION"
  | "SEGMENT_DIGEST"
  | "SEGMENT_BOUNDS"
  | "SEGMENT_CLOSED";

const hints: Readonly<Record<SegmentErrorCode, string>> = {
  SEGMENT_READ: "check that the file exists and may be read",
  SEGMENT_TRUNCATED: "the file was cut short; index the folder again",
  SEGMENT_FOREIGN: "this is not a segment file; check the index folder",
  SEGMENT_VERSION: "a newer version wrote this index; update, or index the folder again",
  SEGMENT_HEADER: "the file is damaged; index the folder again",
  SEGMENT_TABLE: "the file is damaged; index the folder again",
  SEGMENT_UNKNOWN_SECTION: "a newer version wrote this index; update, or index the folder again",
  SEGMENT_SECTION: "the index lacks this part or it is damaged; index the folder again",
  SEGMENT_DIGEST: "the file was changed after it was written; index the folder again",
  SEGMENT_BOUNDS: "the file is damaged or was forged; index the folder again",
  SEGMENT_CLOSED: "open the segment again",
};

/** A `CodedError` with the hint that belongs to `code`. */
export function segmentError(code: SegmentErrorCode, message: string, cause?: unknown): CodedError {
  return new CodedError({ code, message, hint: hints[code], cause });
}
