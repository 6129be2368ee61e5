import { CodedError } from "@clawkeep/diagnostics";
import type { Locator } from "@clawkeep/documents";
import { locatorFragment } from "@clawkeep/documents";
import { analyse } from "@clawkeep/keyword-index";
import type { ChunkRow } from "@clawkeep/segment";

import { parseLocator } from "../citation/parse-locator.ts";
import type { Answer, Hit } from "./answer.ts";
import type { FusedCandidate } from "./fuse.ts";
import { fuse, reportedScore } from "./fuse.ts";
import type { Index } from "./open-index.ts";
import { quoteForModel, quoteLine } from "./quote-for-model.ts";
import { searchSegments } from "./search-segments.ts";
import { selectHits } from "./select-hits.ts";
import { summarise } from "./summarise.ts";

/** What a query may ask for. */
export interface QueryOptions {
  /** Passages wanted, 1 to 200. Default 5. */
  readonly topK?: number;
  /** Add the raw figures behind each score. Default false. */
  readonly explain?: boolean;
}

/** Passages that one query can give. */
export const largestTopK = 200;

/** Bytes of the longest query that is answered. */
export const longestQueryBytes = 65_536;

/**
 * Answers a query from an open index: both legs, fused, with citations and a summary. The same index,
 * query and vector give the same answer. A query that finds nothing is an answer with a reason.
 *
 * @param embed Embeds the query; not called for a blank query or an empty index.
 * @throws CodedError `QUERY_TOP_K`, `QUERY_TOO_LONG`; `SEGMENT_*` when the index is damaged.
 */
export async function answerQuery(
  index: Index,
  embed: (text: string) => Promise<Float32Array>,
  query: string,
  options: QueryOptions = {},
): Promise<Answer> {
  const topK = options.topK ?? 5;
  checkQuery(query, topK);
  if (query.trim() === "") {
    return nothing(index, query, "the query is blank");
  }
  if (index.parts.length === 0) {
    return nothing(index, query, "the index holds no passages");
  }
  const vector = await embed(query);
  const terms = analyse(query);
  const { candidates, largestBm25, idf } = searchSegments(index.parts, terms, vector);
  const rows = new Map<FusedCandidate, ChunkRow>();
  const rowOf = (candidate: FusedCandidate): ChunkRow => {
    const row = rows.get(candidate) ?? index.row(candidate);
    rows.set(candidate, row);
    return row;
  };
  const selected = selectHits(fuse(candidates, largestBm25), topK, rowOf);
  if (selected.length === 0) {
    return nothing(index, query, "no passage has to do with it");
  }
  const explain = options.explain === true;
  const passages = selected.map((candidate) => {
    const row = rowOf(candidate);
    return { candidate, row, text: row.text(), score: reportedScore(candidate.fused) };
  });
  return {
    version: 1,
    query,
    results: passages.map(({ candidate, row, text, score }) =>
      hitOf(candidate, row, text, score, explain),
    ),
    summary: summarise(passages, idf, analyse),
    snapshotRoot: index.snapshot.snapshotRoot,
    ...(explain
      ? {
          explain: {
            terms: [...idf].map(([term, value]) => ({ term, idf: value })),
            largestBm25,
            candidates: candidates.length,
          },
        }
      : {}),
  };
}

function hitOf(
  candidate: FusedCandidate,
  row: ChunkRow,
  text: string,
  score: number,
  explain: boolean,
): Hit {
  const locator = parseLocator(row.locator);
  const place =
    locator === undefined
      ? `${row.path}:${row.lineStart}-${row.lineEnd}`
      : `${row.path}#${locatorFragment(locator)}`;
  return {
    text: quoteForModel(text),
    score,
    source: quoteLine(place),
    citation: {
      path: row.path,
      headings: row.headings.map(quoteLine),
      lineStart: row.lineStart,
      lineEnd: row.lineEnd,
      byteStart: row.byteStart,
      byteEnd: row.byteEnd,
      chunkDigest: row.digest,
      documentDigest: row.documentDigest,
      ...(locator === undefined ? {} : { locator: quoteLocator(locator) }),
    },
    ...(explain
      ? {
          explain: {
            cosine: candidate.cosine,
            bm25: candidate.bm25,
            fused: candidate.fused,
            ...(candidate.vectorRank === undefined ? {} : { vectorRank: candidate.vectorRank }),
            ...(candidate.keywordRank === undefined ? {} : { keywordRank: candidate.keywordRank }),
          },
        }
      : {}),
  };
}

/** The name of a member is whatever the archive says. */
function quoteLocator(locator: Locator): Locator {
  const { member } = locator;
  return member === undefined ? locator : { ...locator, member: quoteLine(member) };
}

function nothing(index: Index, query: string, detail: string): Answer {
  return {
    version: 1,
    query,
    results: [],
    summary: { text: "", sentences: [] },
    snapshotRoot: index.snapshot.snapshotRoot,
    reason: "no-match",
    detail,
  };
}

function checkQuery(query: string, topK: number): void {
  if (!Number.isInteger(topK) || topK < 1 || topK > largestTopK) {
    throw new CodedError({
      code: "QUERY_TOP_K",
      message: `expected a whole number from 1 to ${largestTopK} of passages, got ${String(topK)}`,
      hint: "leave it out for 5",
    });
  }
  const bytes = Buffer.byteLength(query);
  if (bytes > longestQueryBytes) {
    throw new CodedError({
      code: "QUERY_TOO_LONG",
      message: `expected a query of at most ${longestQueryBytes} bytes, got ${bytes}`,
      hint: "ask a question; the model reads its first 250 words",
    });
  }
}
