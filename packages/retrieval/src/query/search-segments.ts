import type { KeywordIndex, KeywordStatistics } from "@clawkeep/keyword-index";
import { sumStatistics } from "@clawkeep/keyword-index";
import type { Bitset } from "@clawkeep/segment";
import type { VectorIndex } from "@clawkeep/vector-index";

import type { Candidate } from "./fuse.ts";

/** One segment of the snapshot, ready to be searched. */
export interface SearchableSegment {
  /** Absent while they are being made, and when nobody will ask them. */
  readonly vectors: VectorIndex | undefined;
  readonly keywords: KeywordIndex;
  readonly deleted: Bitset | undefined;
}

/** What both legs found. */
export interface Candidates {
  readonly candidates: readonly Candidate[];
  /** Best keyword score of the query, 0 when no term matched. */
  readonly largestBm25: number;
  /** Inverse document frequency of each distinct term of the query, over all segments. */
  readonly idf: ReadonlyMap<string, number>;
  readonly statistics: KeywordStatistics;
}

/** Depth of each leg. More brings nothing on any of ten collections. */
const depth = 100;

interface Place {
  readonly segment: number;
  readonly chunk: number;
  readonly score: number;
}

/** What the keyword leg found: it needs no vector, so it can be asked before there is one. */
export interface KeywordLeg {
  readonly statistics: KeywordStatistics;
  readonly places: readonly Place[];
}

/**
 * Searches the keyword leg over all segments, with the statistics of all of them together.
 *
 * @param filters For each segment the chunks that may be found; undefined for all.
 */
export function searchKeywords(
  segments: readonly SearchableSegment[],
  terms: readonly string[],
  filters: readonly (Bitset | undefined)[] = [],
): KeywordLeg {
  const statistics = sumStatistics(
    segments.map(({ keywords }) => keywords),
    terms,
    segments.map(({ deleted }) => deleted),
  );
  const places = best(
    segments.map(({ keywords, deleted }, segment) =>
      keywords.search(terms, depth, { statistics, ...narrowed(deleted, filters[segment]) }),
    ),
  );
  return { statistics, places };
}

/**
 * Searches both legs over all segments, and fills in the other leg's score for each candidate.
 *
 * @param vector The query's; undefined to search by keywords alone.
 * @param filters For each segment the chunks that may be found; undefined for all.
 * @param keywordLeg What {@link searchKeywords} gave for the same segments, terms and filters.
 */
export function searchSegments(
  segments: readonly SearchableSegment[],
  terms: readonly string[],
  vector: Float32Array | undefined,
  filters: readonly (Bitset | undefined)[] = [],
  keywordLeg: KeywordLeg = searchKeywords(segments, terms, filters),
): Candidates {
  const { statistics, places: keyword } = keywordLeg;
  const nearest = best(
    segments.map(({ vectors, deleted }, segment) =>
      vectors === undefined || vector === undefined
        ? { ids: new Int32Array(), scores: new Float32Array() }
        : vectors.search(vector, depth, narrowed(deleted, filters[segment])),
    ),
  );
  const candidates: Candidate[] = [];
  for (const [segment, part] of segments.entries()) {
    const keywordRanks = ranks(keyword, segment);
    const vectorRanks = ranks(nearest, segment);
    const ids = inEither(keywordRanks, vectorRanks);
    const cosines = vector === undefined ? undefined : part.vectors?.scoresOf(vector, ids);
    const bm25s = part.keywords.scoresOf(terms, ids, { statistics });
    for (const [index, chunk] of ids.entries()) {
      // One shape for all, whatever is known of them: some hundred are made for each query.
      candidates.push({
        segment,
        chunk,
        cosine: cosines === undefined ? undefined : (cosines[index] ?? -1),
        bm25: bm25s[index] ?? 0,
        vectorRank: vectorRanks.get(chunk),
        keywordRank: keywordRanks.get(chunk),
      });
    }
  }
  const idf = inverseFrequencies(statistics);
  return { candidates, largestBm25: keyword[0]?.score ?? 0, idf, statistics };
}

function narrowed(
  deleted: Bitset | undefined,
  filter: Bitset | undefined,
): { readonly deleted?: Bitset; readonly filter?: Bitset } {
  return {
    ...(deleted === undefined ? {} : { deleted }),
    ...(filter === undefined ? {} : { filter }),
  };
}

/** `ln(1 + (N - n + 0.5) / (n + 0.5))`: the idf of Lucene's BM25, never negative. */
function inverseFrequencies({ totals, frequencies }: KeywordStatistics): Map<string, number> {
  return new Map(
    [...frequencies].map(([term, count]) => [
      term,
      Math.log(1 + (totals.chunks - count + 0.5) / (count + 0.5)),
    ]),
  );
}

interface LegHits {
  readonly ids: Int32Array;
  readonly scores: Float32Array;
}

/** The first `depth` of all segments. Those of one come in this order already. */
function best(hits: readonly LegHits[]): readonly Place[] {
  const places: Place[] = [];
  for (const [segment, { ids, scores }] of hits.entries()) {
    for (const [index, chunk] of ids.entries()) {
      places.push({ segment, chunk, score: scores[index] ?? 0 });
    }
  }
  if (hits.length > 1) {
    places.sort((a, b) => b.score - a.score || a.segment - b.segment || a.chunk - b.chunk);
  }
  return places.length > depth ? places.slice(0, depth) : places;
}

function ranks(places: readonly Place[], segment: number): Map<number, number> {
  const found = new Map<number, number>();
  for (const [index, place] of places.entries()) {
    if (place.segment === segment) {
      found.set(place.chunk, index + 1);
    }
  }
  return found;
}

/** The chunks that either leg found, ascending. */
function inEither(a: ReadonlyMap<number, number>, b: ReadonlyMap<number, number>): Uint32Array {
  const ids = new Uint32Array(a.size + b.size);
  let count = 0;
  for (const chunk of a.keys()) {
    ids[count] = chunk;
    count += 1;
  }
  for (const chunk of b.keys()) {
    if (!a.has(chunk)) {
      ids[count] = chunk;
      count += 1;
    }
  }
  return ids.subarray(0, count).sort();
}
