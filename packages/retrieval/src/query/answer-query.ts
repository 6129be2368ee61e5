import { analyse, termFinder } from "@clawkeep/keyword-index";
import type { ChunkRow } from "@clawkeep/segment";
import { countBits, hasBit } from "@clawkeep/segment";
import { openChunkVectors } from "@clawkeep/vector-index";

import { analyseSentences } from "./analyse-sentences.ts";
import type { Answer, Hit, HitExplanation } from "./answer.ts";
import { diversify, diversityPool } from "./diversify.ts";
import { fitBudget } from "./fit-budget.ts";
import type { FusedCandidate } from "./fuse.ts";
import { fuse, legWeights, rankByKeywords, reportedScore } from "./fuse.ts";
import { hitOf, neighbourOf } from "./hit.ts";
import { KeptRows } from "./kept-rows.ts";
import type { ParsedQuery } from "./language/parse-query.ts";
import { parseQuery, plainQuery } from "./language/parse-query.ts";
import type { Allowed } from "./narrow-index.ts";
import { narrowIndex, wantedCollections } from "./narrow-index.ts";
import { passageText } from "./passage-text.ts";
import { quoteLine } from "./quote-for-model.ts";
import type { CheckedOptions, QueryOptions } from "./query-options.ts";
import { checkQuery } from "./query-options.ts";
import type { RerankedCandidate } from "./rerank.ts";
import { rerank } from "./rerank.ts";
import type { Searchable } from "./searchable.ts";
import type { Candidates } from "./search-segments.ts";
import { searchKeywords, searchSegments } from "./search-segments.ts";
import type { CandidateIdentity, SelectedPage } from "./select-hits.ts";
import { selectHits, selectPage } from "./select-hits.ts";
import { summarise } from "./summarise.ts";

/**
 * Answers a query from one open index, or several as one: both legs, fused, with citations and a summary. The same index,
 * query and vector give the same answer. A query that finds nothing is an answer with a reason. An
 * index whose vectors are being made answers by keywords, and the answer says so.
 *
 * @param embed Embeds the query; not called for a blank query, an empty index, or without vectors.
 * @throws CodedError `QUERY_TOP_K`, `QUERY_TOO_LONG`, `QUERY_OPTION`, `FILTER_SYNTAX`,
 *   `COLLECTION_UNKNOWN`; `SEGMENT_*`
 *   when the index is damaged.
 */
export async function answerQuery(
  index: Searchable,
  embed: (text: string) => Promise<Float32Array>,
  query: string,
  options: QueryOptions = {},
): Promise<Answer> {
  const checked = checkQuery(query, options);
  const parsed = options.syntax === "operators" ? parseQuery(query) : plainQuery(query);
  const { filter, scopes } = checked;
  const narrowing = {
    conditions: parsed.conditions,
    scopes,
    ...(filter === undefined ? {} : { filter }),
  };
  const shared = sharedPart(index, query, parsed);
  const nothing = (detail: string): Answer => ({ ...shared, reason: "no-match", detail });
  if (query.trim() === "") {
    return nothing("the query is blank");
  }
  if (parsed.text.trim() === "") {
    return nothing("the query says what passages must have, and nothing to search for");
  }
  if (index.parts.length === 0) {
    return nothing("the index holds no passages");
  }
  const filters = narrowIndex(index, narrowing, wantedCollections(index, options));
  if (filters?.every(({ length, set }) => countBits(set, length) === 0) === true) {
    return nothing("no passage meets the conditions");
  }
  const sets = filters?.map(({ set }) => set);
  const embedding = index.vectors === undefined ? embed(parsed.text) : undefined;
  // Told below, unless the keyword leg fails before that.
  embedding?.catch(() => {});
  // While the text is embedded, where somebody else does that.
  const terms = analyse(parsed.text);
  const keywordLeg = searchKeywords(index.parts, terms, sets);
  const vector = await embedding;
  const found = searchSegments(index.parts, terms, vector, sets, keywordLeg);
  const { candidates, largestBm25, idf } = found;
  const ranked =
    vector === undefined
      ? rankByKeywords(candidates, idf, terms)
      : fuse(candidates, largestBm25, legWeights(candidates, largestBm25));
  const rowOf = rowReader(index);
  const { selected, more } = await choose(index, parsed.text, ranked, rowOf, checked, options);
  if (selected.length === 0) {
    return nothing("no passage has to do with it");
  }
  const hits = selected.map((candidate) => {
    const row = rowOf(candidate);
    const collection = index.collectionOf(candidate.segment)?.name;
    const passage = {
      ...{ row, text: passageText(row), score: reportedScore(candidate.fused) },
      ...(collection === undefined ? {} : { collection }),
    };
    const context =
      checked.context === 0 ? undefined : contextOf(index, candidate, row, checked.context);
    const why = options.explain === true ? explanationOf(index, candidate, found) : undefined;
    return { passage, hit: hitOf(passage, context, why) };
  });
  const kept = await keepToBudget(
    hits.map(({ hit }) => hit),
    options,
  );
  if (kept.results.length === 0) {
    return { ...nothing("no passage fits into the budget"), ...kept };
  }
  const termsIn = termFinder(idf.keys());
  const sources = hits.slice(0, kept.results.length).map(({ passage: { text, score } }) => ({
    text: text.text,
    score,
    sentences: () => analyseSentences(text.sentences, termsIn),
  }));
  return {
    ...shared,
    ...kept,
    // A budget is one of all passages together: there are no pages behind it.
    ...(more && options.offset !== undefined && options.budget === undefined ? { more: true } : {}),
    summary: summarise(sources, idf),
    ...(options.explain === true
      ? { explain: explainAnswer(found, parsed, vector !== undefined, filters) }
      : {}),
  };
}

/** What every answer has, with or without hits. */
function sharedPart(
  index: Searchable,
  query: string,
  { conditions }: ParsedQuery,
): Omit<Answer, "reason" | "detail"> {
  return {
    version: 1,
    query,
    results: [],
    summary: { text: "", sentences: [] },
    snapshotRoot: index.snapshotRoot,
    ...(index.collections.length === 0
      ? {}
      : {
          collections: index.collections.map(({ name, snapshotRoot, vectors }) => ({
            ...{ name: quoteLine(name), snapshotRoot },
            ...(vectors === undefined ? {} : { vectors }),
          })),
        }),
    ...(index.vectors === undefined ? {} : { vectors: index.vectors }),
    ...(conditions.length === 0 ? {} : { conditions }),
  };
}

type RowOf = (candidate: FusedCandidate) => ChunkRow;

/** Each row once for one question, where the index keeps none. */
function rowReader(index: Searchable): RowOf {
  const rows = new KeptRows();
  return (candidate) => rows.row(candidate, () => index.row(candidate));
}

/** The hits, best first: by score, or as a cross-encoder or the wish for variety orders them. */
async function choose(
  index: Searchable,
  text: string,
  ranked: readonly FusedCandidate[],
  rowOf: RowOf,
  { topK, offset, diversity }: CheckedOptions,
  options: QueryOptions,
): Promise<SelectedPage<RerankedCandidate>> {
  let ordered: readonly RerankedCandidate[] = ranked;
  const identityOf = (candidate: FusedCandidate): CandidateIdentity => {
    const { path, digest } = rowOf(candidate);
    const { name } = index.collectionOf(candidate.segment) ?? {};
    return { path: name === undefined ? path : `${name}\0${path}`, digest };
  };
  if (options.rerank !== undefined) {
    const pool = selectHits(ranked, diversityPool(topK), identityOf);
    ordered = await rerank(
      text,
      pool,
      (candidate) => passageText(rowOf(candidate)).text,
      options.rerank,
    );
  }
  if (diversity === 0) {
    return selectPage(ordered, { offset, topK }, identityOf);
  }
  const vectors = index.parts.map(({ segment, vectors: leg }) =>
    leg === undefined ? undefined : openChunkVectors(segment),
  );
  const pool = selectHits(ordered, diversityPool(topK), identityOf);
  const selected = diversify(pool, topK, diversity, (candidate) =>
    vectors[candidate.segment]?.(candidate.chunk),
  );
  return { selected, more: false };
}

/** The living passages around a hit: chunks of one document follow each other. */
function contextOf(
  index: Searchable,
  { segment, chunk }: FusedCandidate,
  row: ChunkRow,
  many: number,
): NonNullable<Hit["context"]> {
  const part = index.parts[segment];
  const around = (step: 1 | -1): readonly ChunkRow[] => {
    const rows: ChunkRow[] = [];
    for (let place = chunk + step; rows.length < many; place += step) {
      const other =
        part === undefined || place < 0 || place >= part.table.chunkCount
          ? undefined
          : part.table.row(place);
      if (other?.document !== row.document) {
        break;
      }
      if (part?.deleted === undefined || !hasBit(part.deleted, place)) {
        rows.push(other);
      }
    }
    return rows;
  };
  return {
    before: around(-1).toReversed().map(neighbourOf),
    after: around(1).map(neighbourOf),
  };
}

async function keepToBudget(
  hits: readonly Hit[],
  { budget, countTokens }: QueryOptions,
): Promise<Pick<Answer, "results" | "budget">> {
  if (budget === undefined) {
    return { results: hits };
  }
  const count = budget.unit === "bytes" ? byteLength : await countTokens?.();
  if (count === undefined) {
    throw new RangeError("a budget in tokens needs countTokens");
  }
  return fitBudget(hits, { ...budget, count: (text) => count(text) });
}

function byteLength(text: string): number {
  return Buffer.byteLength(text);
}

function explanationOf(
  index: Searchable,
  candidate: RerankedCandidate,
  { idf, statistics }: Candidates,
): HitExplanation {
  const keywords = index.parts[candidate.segment]?.keywords;
  const terms = [...idf.keys()].flatMap((term) => {
    const [bm25 = 0] = keywords?.scoresOf([term], [candidate.chunk], { statistics }) ?? [];
    return bm25 > 0 ? [{ term, bm25 }] : [];
  });
  const { cosine, bm25, fused, vectorRank, keywordRank, rerank: logit } = candidate;
  return {
    ...(cosine === undefined ? {} : { cosine }),
    bm25,
    fused,
    ...(vectorRank === undefined ? {} : { vectorRank }),
    ...(keywordRank === undefined ? {} : { keywordRank }),
    terms,
    ...(logit === undefined ? {} : { rerank: logit }),
  };
}

function explainAnswer(
  { candidates, largestBm25, idf }: Candidates,
  { text }: ParsedQuery,
  both: boolean,
  allowed: readonly Allowed[] | undefined,
): NonNullable<Answer["explain"]> {
  return {
    text,
    terms: [...idf].map(([term, value]) => ({ term, idf: value })),
    largestBm25,
    candidates: candidates.length,
    weights: both ? legWeights(candidates, largestBm25) : { vector: 0, keyword: 1 },
    ...(allowed === undefined
      ? {}
      : { allowed: allowed.reduce((sum, { set, length }) => sum + countBits(set, length), 0) }),
  };
}
