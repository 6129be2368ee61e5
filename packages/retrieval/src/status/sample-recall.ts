import type { VectorIndex } from "@clawkeep/vector-index";
import { openChunkVectors, openVectorIndex } from "@clawkeep/vector-index";
import { hasBit } from "@clawkeep/segment";

import type { Index, IndexPart } from "../query/open-index.ts";

/** How much of what an exact scan finds the index's own search finds. */
export interface RecallSample {
  /** `hnsw` when a segment is searched by walking its graph; `exact` finds everything by its nature. */
  readonly kind: "exact" | "hnsw";
  /** Passages whose nearest ones were looked for. */
  readonly sampled: number;
  /** Share of their 10 nearest that the search finds, 0 to 1. */
  readonly recallAt10: number;
}

const depth = 10;
const most = 32;

/**
 * Asks an open index for the passages nearest to some of its own, spread evenly over it, by its own search and
 * by looking at every vector. A passage as near as the last one that the scan finds counts as found. Undefined without vectors.
 *
 * @throws CodedError `SEGMENT_*` when the index is damaged.
 */
export function sampleRecall({ parts }: Index): RecallSample | undefined {
  const searched = parts.filter(hasVectors);
  if (searched.length < parts.length || parts.length === 0) {
    return undefined;
  }
  const exact = searched.map(({ segment, deleted }) => ({
    vectors: openVectorIndex(segment, { kind: "exact" }),
    deleted,
  }));
  const sample = spreadOver(searched);
  let share = 0;
  for (const vector of sample) {
    const wanted = nearest(exact, vector);
    const least = (wanted.at(-1) ?? 0) - 1e-6;
    const found = nearest(searched, vector).filter((score) => score >= least);
    share += wanted.length === 0 ? 1 : Math.min(1, found.length / wanted.length);
  }
  return {
    kind: searched.some(({ vectors }) => vectors.kind === "hnsw") ? "hnsw" : "exact",
    sampled: sample.length,
    recallAt10: sample.length === 0 ? 1 : share / sample.length,
  };
}

type SearchedPart = IndexPart & { readonly vectors: VectorIndex };

function hasVectors(part: IndexPart): part is SearchedPart {
  return part.vectors !== undefined;
}

/** The scores of the best passages of all segments, best first. */
function nearest(
  parts: readonly Pick<SearchedPart, "vectors" | "deleted">[],
  vector: Float32Array,
): readonly number[] {
  return parts
    .flatMap(({ vectors, deleted }) => [
      ...vectors.search(vector, depth, deleted === undefined ? {} : { deleted }).scores,
    ])
    .sort((a, b) => b - a)
    .slice(0, depth);
}

/** The vectors of living passages, each as far from the next. */
function spreadOver(parts: readonly SearchedPart[]): readonly Float32Array[] {
  const places = parts.flatMap(({ segment, table, deleted }) => {
    const vectorOf = openChunkVectors(segment);
    return Array.from({ length: table.chunkCount }, (_, chunk) => ({ vectorOf, chunk })).filter(
      ({ chunk }) => deleted === undefined || !hasBit(deleted, chunk),
    );
  });
  const step = Math.max(1, places.length / most);
  return Array.from({ length: Math.min(most, places.length) }, (_, place) => {
    const chosen = places[Math.floor(place * step)];
    return chosen?.vectorOf(chosen.chunk) ?? [];
  }).flatMap((vector) => (vector instanceof Float32Array ? [vector] : []));
}
