import { analyse } from "@clawkeep/keyword-index";
import type { Bitset, ChunkRow, ChunkTable } from "@clawkeep/segment";
import { addBit, createBitset, hasBit } from "@clawkeep/segment";

import { factsOf } from "./filter/document-facts.ts";
import type { DocumentFacts } from "./filter/matches-filter.ts";
import { matchesFilter } from "./filter/matches-filter.ts";
import type { FilterExpression } from "./filter/parse-filter.ts";
import { holdsExactly, holdsPhrase, pathMatcher } from "./language/match-text.ts";
import type { QueryCondition } from "./language/parse-query.ts";
import type { SearchableSegment } from "./search-segments.ts";

/** Which passages may answer at all. */
export interface Narrowing {
  readonly conditions: readonly QueryCondition[];
  readonly filter?: FilterExpression;
  /** Folders or files inside the workspace, with `/`; empty for all of it. */
  readonly scopes: readonly string[];
}

/** A segment whose documents can be looked at. */
export type NarrowableSegment = Pick<SearchableSegment, "keywords"> & {
  readonly table: ChunkTable;
};

/** When a document's file was last changed, if that is known of this content. */
export type TimeOf = (path: string, documentDigest: string) => number | undefined;

/** Whether anything is narrowed. */
export function isNarrow({ conditions, filter, scopes }: Narrowing): boolean {
  return conditions.length > 0 || filter !== undefined || scopes.length > 0;
}

/**
 * The chunks of a segment that meet every condition. Documents are asked first, then postings, and
 * the text of a passage is read only where both leave it.
 */
export function narrow(part: NarrowableSegment, narrowing: Narrowing, timeOf: TimeOf): Bitset {
  const { conditions } = narrowing;
  let allowed = allowedDocuments(part, narrowing, timeOf);
  // What is wanted first: it leaves little for the others to look at.
  for (const negated of [false, true]) {
    for (const condition of conditions) {
      if (condition.negated === negated && !isDocumentCondition(condition)) {
        allowed = applyToChunks(part, condition, allowed);
      }
    }
  }
  return allowed;
}

function isDocumentCondition(condition: QueryCondition): boolean {
  return condition.kind === "field" && condition.field !== "title";
}

function allowedDocuments(part: NarrowableSegment, narrowing: Narrowing, timeOf: TimeOf): Bitset {
  const { table } = part;
  const allowed = createBitset(table.chunkCount);
  const tests = documentTests(narrowing);
  if (tests.length === 0) {
    return allowed.fill(0xffff_ffff);
  }
  for (let document = 0; document < table.documentCount; document += 1) {
    const row = table.document(document);
    const facts = factsOf(row, timeOf(row.path, row.digest));
    if (tests.every((test) => test(facts))) {
      const end = Math.min(row.firstChunk + row.chunkCount, table.chunkCount);
      for (let chunk = row.firstChunk; chunk < end; chunk += 1) {
        addBit(allowed, chunk);
      }
    }
  }
  return allowed;
}

function documentTests({
  conditions,
  filter,
  scopes,
}: Narrowing): readonly ((facts: DocumentFacts) => boolean)[] {
  const folders = scopes.map((scope) => scope.replace(/^(?:\.\/)+/u, "").replace(/\/+$/u, ""));
  const everything = folders.some((folder) => folder === "" || folder === ".");
  return [
    ...(folders.length === 0 || everything
      ? []
      : [({ path }: DocumentFacts) => folders.some((folder) => isBelow(path, folder))]),
    ...(filter === undefined ? [] : [(facts: DocumentFacts) => matchesFilter(filter, facts)]),
    ...conditions.flatMap((condition) => {
      if (condition.kind !== "field" || condition.field === "title") {
        return [];
      }
      const { field, value, negated } = condition;
      if (field === "path") {
        const matches = pathMatcher(value);
        return [({ path }: DocumentFacts) => matches(path) !== negated];
      }
      const tag: FilterExpression = { kind: "compare", key: "tag", operator: "=", value };
      return [(facts: DocumentFacts) => matchesFilter(tag, facts) !== negated];
    }),
  ];
}

function isBelow(path: string, folder: string): boolean {
  return path === folder || path.startsWith(`${folder}/`);
}

function applyToChunks(
  { keywords, table }: NarrowableSegment,
  condition: QueryCondition,
  allowed: Bitset,
): Bitset {
  const { terms, test } = chunkTest(condition);
  const field = condition.kind === "field" ? "title" : "any";
  const lists = terms.map((term) => keywords.chunksWith(term, field));
  const shortest = lists.reduce<Uint32Array | undefined>(
    (best, list) => (best === undefined || list.length < best.length ? list : best),
    undefined,
  );
  const others = lists.filter((list) => list !== shortest).map((list) => setOf(list, table));
  const met = createBitset(table.chunkCount);
  const consider = (chunk: number): void => {
    if (
      hasBit(allowed, chunk) &&
      others.every((set) => hasBit(set, chunk)) &&
      (test === undefined || test(table.row(chunk)))
    ) {
      addBit(met, chunk);
    }
  };
  if (shortest === undefined) {
    for (let chunk = 0; chunk < table.chunkCount; chunk += 1) {
      consider(chunk);
    }
  } else {
    shortest.forEach(consider);
  }
  return condition.negated ? allowed.map((word, index) => word & ~(met[index] ?? 0)) : met;
}

/**
 * The terms that a chunk must hold, and what else must be true of it: the terms alone say that a title
 * or a word is there; they only point to where a phrase or an exact name may be.
 */
function chunkTest(condition: QueryCondition): {
  readonly terms: readonly string[];
  readonly test?: (row: ChunkRow) => boolean;
} {
  const { kind, value } = condition;
  const terms = [...new Set(analyse(value))];
  const titlesOf = (row: ChunkRow): string => [row.title, ...row.headings].join("\n");
  switch (kind) {
    case "phrase":
      return {
        terms,
        test: (row) =>
          [row.text(), row.title, ...row.headings].some((text) => holdsPhrase(text, value)),
      };
    case "exact":
      return {
        terms,
        test: (row) =>
          [row.text(), row.title, ...row.headings].some((text) => holdsExactly(text, value)),
      };
    case "word":
      // Of an identifier only the whole: `-getUser` says nothing against users.
      return terms.length > 0
        ? { terms: terms.slice(0, 1) }
        : { terms, test: (row) => holdsPhrase(`${titlesOf(row)}\n${row.text()}`, value) };
    default:
      return terms.length > 0
        ? { terms }
        : { terms, test: (row) => holdsPhrase(titlesOf(row), value) };
  }
}

function setOf(chunks: Uint32Array, { chunkCount }: ChunkTable): Bitset {
  const set = createBitset(chunkCount);
  chunks.forEach((chunk) => addBit(set, chunk));
  return set;
}
