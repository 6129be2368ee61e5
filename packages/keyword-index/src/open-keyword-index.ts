import { CodedError } from "@clawkeep/diagnostics";
import { hasBit, sectionId, segmentError } from "@clawkeep/segment";
import type { Bitset, Segment } from "@clawkeep/segment";

import { averageLengths, inverseDocumentFrequency, termScore } from "./bm25f.ts";
import { findTerm } from "./find-term.ts";
import type { TermEntry } from "./find-term.ts";
import type {
  KeywordField,
  KeywordHits,
  KeywordIndex,
  KeywordSearchOptions,
  KeywordStatistics,
  KeywordTotals,
} from "./keyword-index.ts";
import { postingBytes, readKeywordShape } from "./keyword-layout.ts";
import { topChunks } from "./top-chunks.ts";

/** How to open the postings of a segment. */
export interface OpenKeywordIndexOptions {
  /**
   * Reads dictionary and postings whole when opening, for a process that answers many queries;
   * otherwise each query reads the blocks that it needs. Default false.
   */
  readonly resident?: boolean;
}

/**
 * Opens the postings of a segment: reads the header and the field lengths.
 * @throws CodedError `SEGMENT_…` when a section is missing, damaged or has another shape.
 */
export function openKeywordIndex(
  segment: Segment,
  options: OpenKeywordIndexOptions = {},
): KeywordIndex {
  const { terms, totals } = readKeywordShape(segment);
  const bytes = segment.section(sectionId.fieldLengths);
  const lengths = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
  checkTotals(segment, lengths, totals);
  if (options.resident === true) {
    segment.section(sectionId.dictionary);
    segment.section(sectionId.termHeap);
    segment.section(sectionId.postings);
  }
  return new OpenKeywordIndex(segment, terms, totals, lengths);
}

/**
 * The statistics of several segments as one: every segment scores as if all chunks were in it.
 *
 * @param deleted For each segment the chunks that do not count; undefined for none.
 */
export function sumStatistics(
  indexes: readonly KeywordIndex[],
  terms: readonly string[],
  deleted: readonly (Bitset | undefined)[] = [],
): KeywordStatistics {
  const frequencies = new Map<string, number>();
  const totals = { chunks: 0, titleTerms: 0, bodyTerms: 0 };
  indexes.forEach((index, place) => {
    const living = index.livingTotals(deleted[place]);
    totals.chunks += living.chunks;
    totals.titleTerms += living.titleTerms;
    totals.bodyTerms += living.bodyTerms;
    for (const [term, chunks] of index.termStatistics(terms, deleted[place])) {
      frequencies.set(term, (frequencies.get(term) ?? 0) + chunks);
    }
  });
  return { totals, frequencies };
}

interface ScoredQuery {
  readonly terms: string;
  readonly statistics: KeywordStatistics | undefined;
  readonly scores: Float64Array;
}

class OpenKeywordIndex implements KeywordIndex {
  readonly totals: KeywordTotals;
  readonly #segment: Segment;
  readonly #terms: number;
  readonly #lengths: Uint32Array;
  /** Entries of the terms of recent queries: statistics and search ask for the same ones. */
  readonly #entries: Map<string, TermEntry | undefined> = new Map();
  /** Of the last set of deleted chunks that was asked for: an open index has one. */
  #living: { readonly deleted: Bitset; readonly totals: KeywordTotals } | undefined;
  /** Those of the last query: a search is followed by the scores of what other legs found. */
  #scored: ScoredQuery | undefined;

  constructor(segment: Segment, terms: number, totals: KeywordTotals, lengths: Uint32Array) {
    this.#segment = segment;
    this.#terms = terms;
    this.totals = totals;
    this.#lengths = lengths;
  }

  search(terms: readonly string[], k: number, options: KeywordSearchOptions = {}): KeywordHits {
    if (!Number.isInteger(k) || k < 0) {
      throw queryError(`expected a whole number of hits, got ${k}`);
    }
    const { filter, deleted } = options;
    const allows = (chunk: number): boolean =>
      (filter === undefined || hasBit(filter, chunk)) &&
      (deleted === undefined || !hasBit(deleted, chunk));
    return topChunks(this.#score(terms, options), k, allows);
  }

  scoresOf(
    terms: readonly string[],
    ids: ArrayLike<number>,
    options: KeywordSearchOptions = {},
  ): Float32Array {
    const scores = this.#score(terms, options);
    const found = new Float32Array(ids.length);
    for (let index = 0; index < ids.length; index += 1) {
      const id = ids[index] ?? -1;
      if (!Number.isInteger(id) || id < 0 || id >= scores.length) {
        throw queryError(`expected a chunk below ${scores.length}, got ${id}`);
      }
      found[index] = scores[id] ?? 0;
    }
    return found;
  }

  termStatistics(terms: readonly string[], deleted?: Bitset): ReadonlyMap<string, number> {
    return new Map(
      [...new Set(terms)].map((term) => {
        const entry = this.#entry(term);
        if (entry === undefined || deleted === undefined) {
          return [term, entry?.chunks ?? 0];
        }
        const { chunks } = this.#postings(entry);
        return [term, chunks.reduce((sum, chunk) => sum + (hasBit(deleted, chunk) ? 0 : 1), 0)];
      }),
    );
  }

  livingTotals(deleted: Bitset | undefined): KeywordTotals {
    if (deleted === undefined) {
      return this.totals;
    }
    if (this.#living?.deleted !== deleted) {
      let { chunks, titleTerms, bodyTerms } = this.totals;
      for (let chunk = 0; chunk < this.totals.chunks; chunk += 1) {
        if (hasBit(deleted, chunk)) {
          chunks -= 1;
          titleTerms -= this.#lengths[chunk * 2] ?? 0;
          bodyTerms -= this.#lengths[chunk * 2 + 1] ?? 0;
        }
      }
      this.#living = { deleted, totals: { chunks, titleTerms, bodyTerms } };
    }
    return this.#living.totals;
  }

  chunksWith(term: string, field: KeywordField): Uint32Array {
    const entry = this.#entry(term);
    if (entry === undefined) {
      return new Uint32Array();
    }
    const { bytes, chunks } = this.#postings(entry);
    if (field === "any") {
      return chunks.filter((chunk, index) => this.#inOrder(chunk, chunks[index - 1] ?? -1));
    }
    const counts = field === "body" ? entry.chunks * 4 : entry.chunks * 5;
    return chunks.filter(
      (chunk, index) =>
        this.#inOrder(chunk, chunks[index - 1] ?? -1) && (bytes[counts + index] ?? 0) > 0,
    );
  }

  #postings({ start, chunks: count }: TermEntry): {
    readonly bytes: Uint8Array;
    readonly chunks: Uint32Array;
  } {
    const bytes = this.#segment.slice(sectionId.postings, start, postingBytes(count));
    return { bytes, chunks: new Uint32Array(bytes.buffer, bytes.byteOffset, count) };
  }

  /** @throws CodedError `SEGMENT_BOUNDS` for postings that do not ascend, or name a chunk that is not there. */
  #inOrder(chunk: number, previous: number): true {
    if (chunk <= previous || chunk >= this.totals.chunks) {
      const message = `expected a chunk between ${previous} and ${this.totals.chunks}, got ${chunk}`;
      throw segmentError("SEGMENT_BOUNDS", `${message} in postings of ${this.#segment.path}`);
    }
    return true;
  }

  /** BM25F of every chunk, term after term in the order in which the query first has them. */
  #score(terms: readonly string[], options: KeywordSearchOptions): Float64Array {
    const key = JSON.stringify(terms);
    if (this.#scored?.terms === key && this.#scored.statistics === options.statistics) {
      return this.#scored.scores;
    }
    // Those of the last query are nobody's any more.
    const scores = this.#scored?.scores.fill(0) ?? new Float64Array(this.totals.chunks);
    this.#scored = undefined;
    const statistics = options.statistics ?? {
      totals: this.totals,
      frequencies: this.termStatistics(terms),
    };
    const repeats = new Map<string, number>();
    for (const term of terms) {
      repeats.set(term, (repeats.get(term) ?? 0) + 1);
    }
    for (const [term, times] of repeats) {
      const entry = this.#entry(term);
      if (entry !== undefined) {
        const holding = statistics.frequencies.get(term) ?? entry.chunks;
        const weight = times * inverseDocumentFrequency(statistics.totals.chunks, holding);
        this.#addTerm(scores, entry, weight, statistics.totals);
      }
    }
    this.#scored = { terms: key, statistics: options.statistics, scores };
    return scores;
  }

  #addTerm(scores: Float64Array, entry: TermEntry, weight: number, totals: KeywordTotals): void {
    const count = entry.chunks;
    const { bytes, chunks } = this.#postings(entry);
    const averages = averageLengths(totals);
    // Looked up once: this is the inner loop of a query.
    const lengths = this.#lengths;
    const most = this.totals.chunks;
    let previous = -1;
    for (let index = 0; index < count; index += 1) {
      const chunk = chunks[index] ?? 0;
      if (chunk <= previous || chunk >= most) {
        this.#inOrder(chunk, previous);
      }
      previous = chunk;
      const score = termScore(
        bytes[count * 5 + index] ?? 0,
        bytes[count * 4 + index] ?? 0,
        lengths[chunk * 2] ?? 0,
        lengths[chunk * 2 + 1] ?? 0,
        averages,
      );
      scores[chunk] = (scores[chunk] ?? 0) + weight * score;
    }
  }

  #entry(term: string): TermEntry | undefined {
    if (!this.#entries.has(term)) {
      if (this.#entries.size >= 4096) {
        this.#entries.clear();
      }
      this.#entries.set(term, findTerm(this.#segment, this.#terms, term));
    }
    return this.#entries.get(term);
  }
}

function checkTotals(segment: Segment, lengths: Uint32Array, totals: KeywordTotals): void {
  let titleTerms = 0;
  let bodyTerms = 0;
  for (let index = 0; index < lengths.length; index += 2) {
    titleTerms += lengths[index] ?? 0;
    bodyTerms += lengths[index + 1] ?? 0;
  }
  if (titleTerms !== totals.titleTerms || bodyTerms !== totals.bodyTerms) {
    const message = `the field lengths of ${segment.path} do not add up to those of its header`;
    throw segmentError("SEGMENT_SECTION", message);
  }
}

function queryError(message: string): CodedError {
  const hint = "this is a defect of the program that asks";
  return new CodedError({ code: "KEYWORD_QUERY", message, hint });
}
