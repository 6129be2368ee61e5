import type { Locator } from "@clawkeep/documents";
import type { Digest } from "@clawkeep/integrity";

import type { QueryCondition } from "./language/parse-query.ts";

/** Where a passage comes from, exact enough for anyone to check it against the file. */
export interface Citation {
  /** Which of several indexes the passage is in; absent when one alone was asked. */
  readonly collection?: string;
  /** Path inside the indexed folder, with `/`. */
  readonly path: string;
  /** Headings above the passage, outermost first. Escaped like `text`. */
  readonly headings: readonly string[];
  /** First line, 1-based. */
  readonly lineStart: number;
  /** Last line, 1-based, inclusive. */
  readonly lineEnd: number;
  /** First byte of the passage in the file. */
  readonly byteStart: number;
  /** One past its last byte. */
  readonly byteEnd: number;
  /** SHA-256 of those bytes. */
  readonly chunkDigest: Digest;
  /** SHA-256 of the whole file when it was indexed. */
  readonly documentDigest: Digest;
  /**
   * Where the passage stands in a file whose bytes are not its text, such as page 3 of a PDF. Lines and
   * bytes count in the text that was taken out of the file then. Absent for text, where they are the
   * file's own.
   */
  readonly locator?: Locator;
}

/** Raw figures behind a score. */
export interface HitExplanation {
  /** Cosine of query and passage, -1…1; absent when vectors were not asked. */
  readonly cosine?: number;
  /** BM25F of the passage, 0 or more. */
  readonly bm25: number;
  /** `vector * cosine + keyword * bm25 / largestBm25`, by the query's weights; -1…1. */
  readonly fused: number;
  /** 1-based place in the vector search's list, absent when it was not among its first 100. */
  readonly vectorRank?: number;
  /** 1-based place in the keyword search's list, absent when it was not among its first 100. */
  readonly keywordRank?: number;
  /** What each of the query's terms that the passage holds adds to `bm25`. */
  readonly terms: readonly { readonly term: string; readonly bm25: number }[];
  /** What the cross-encoder gave, before it was squeezed into 0…1; absent without one. */
  readonly rerank?: number;
}

/** A passage beside a hit, in the same document. */
export interface Neighbour {
  /** Escaped like the hit's text. */
  readonly text: string;
  readonly lineStart: number;
  readonly lineEnd: number;
}

/** One passage, quoted. */
export interface Hit {
  /**
   * The passage. Characters and sequences that a terminal or an agent would act on are written as
   * `\u{…}`; the bytes themselves are named by `citation`.
   */
  readonly text: string;
  /** `fused`, clamped to 0…1. */
  readonly score: number;
  /**
   * `path:lineStart-lineEnd`, or `path#page=3` for a locator, behind `[collection] ` where there are
   * several; escaped like `text`: for people.
   */
  readonly source: string;
  readonly citation: Citation;
  /** The passages before and after it in the document, in its order, when they were asked for. */
  readonly context?: {
    readonly before: readonly Neighbour[];
    readonly after: readonly Neighbour[];
  };
  /** True when the text was cut to a budget; the citation names the whole passage. */
  readonly shortened?: true;
  readonly explain?: HitExplanation;
}

/** One quoted sentence of a summary. */
export interface SummarySentence {
  readonly text: string;
  /** Index into `results` of the passage that it stands in. */
  readonly citation: number;
}

/** One to three whole sentences out of the results; empty when nothing was found. */
export interface Summary {
  /** The sentences, each followed by ` [n]` with n counted from 1. */
  readonly text: string;
  readonly sentences: readonly SummarySentence[];
}

/** What the query found and how, for `explain`. */
export interface AnswerExplanation {
  /** The query's terms after analysis, with the inverse document frequency of each. */
  readonly terms: readonly { readonly term: string; readonly idf: number }[];
  /** The divisor of every `bm25`. */
  readonly largestBm25: number;
  /** Candidates that were scored. */
  readonly candidates: number;
  /** Weight of each leg in `fused`, chosen for this query; they add up to 1. */
  readonly weights: { readonly vector: number; readonly keyword: number };
  /** What was searched for once the operators were taken out of the query. */
  readonly text: string;
  /** Passages that met the conditions; absent when there were none. */
  readonly allowed?: number;
}

/** What an answer's texts were kept to. */
export interface Budget {
  readonly unit: "bytes" | "tokens";
  readonly limit: number;
  readonly used: number;
  /** Hits that did not fit. */
  readonly leftOut: number;
}

/** One of several indexes that an answer was given from. */
export interface AnsweringCollection {
  readonly name: string;
  readonly snapshotRoot: Digest;
  /** Present when its vectors did not answer, as in `Answer.vectors`. */
  readonly vectors?: string;
}

/** The answer to one query: version 1 of the JSON that `local-rag query --json` prints. */
export interface Answer {
  readonly version: 1;
  readonly query: string;
  /** Best first. */
  readonly results: readonly Hit[];
  readonly summary: Summary;
  /** Names the content that was asked; of several indexes, all of it (`collectionsRoot`). */
  readonly snapshotRoot: Digest;
  /** Each of several indexes that were asked, by name. */
  readonly collections?: readonly AnsweringCollection[];
  /** Present when the caller asked for pages and there are more passages behind this one. */
  readonly more?: true;
  /**
   * Present when the keyword leg alone answered: `building 42%` while vectors are being made,
   * `not asked` when the caller wanted it so.
   */
  readonly vectors?: string;
  /** The operators that were found in the query, when there were some. */
  readonly conditions?: readonly QueryCondition[];
  /** Present when the caller set one. */
  readonly budget?: Budget;
  /** Present when `results` is empty. */
  readonly reason?: "no-match";
  /** Which kind of nothing was found, for people. */
  readonly detail?: string;
  readonly explain?: AnswerExplanation;
}
