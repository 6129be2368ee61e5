import { existsSync, readFileSync } from "node:fs";
import path from "node:path";

import { CodedError } from "@clawkeep/diagnostics";

import type { Relevance } from "./ranking-metrics.ts";

/** A document of a collection in BEIR form. */
export interface CollectionDocument {
  readonly id: string;
  readonly title: string;
  readonly text: string;
}

/** A judged question. */
export interface CollectionQuestion {
  readonly id: string;
  readonly text: string;
  /** Grades of the documents that answer it; at least one is above 0. */
  readonly relevance: Relevance;
}

/** What a folder in BEIR form holds: `corpus.jsonl`, `queries.jsonl`, and `qrels.tsv` or `qrels/test.tsv`. */
export interface Collection {
  readonly name: string;
  /** Undefined without a `corpus.jsonl`: the judgements then name paths of an index that is there. */
  readonly documents: readonly CollectionDocument[] | undefined;
  /** In the order of `queries.jsonl`; those that nothing answers are left out. */
  readonly questions: readonly CollectionQuestion[];
}

/**
 * Reads a collection in BEIR form.
 *
 * @throws CodedError `EVAL_MISSING` for a file that is not there, `EVAL_FORMAT` for a line that is not
 *   what it should be, `EVAL_EMPTY` when no question is judged: a figure over nothing would look like a
 *   result.
 */
export function readCollection(folder: string): Collection {
  const judgements = readJudgements(judgementFile(folder));
  const queries = path.join(folder, "queries.jsonl");
  const known = new Set<string>();
  const questions = readLines(queries, ["_id", "text"]).flatMap(({ _id: id = "", text = "" }) => {
    known.add(id);
    const relevance = judgements.get(id);
    const judged = relevance !== undefined && [...relevance.values()].some((grade) => grade > 0);
    return judged ? [{ id, text, relevance }] : [];
  });
  if (questions.length === 0) {
    throw new CodedError({
      code: "EVAL_EMPTY",
      message: `expected judged questions in ${folder}, got none`,
      hint: "queries.jsonl and the judgements must name the same questions, and a grade above 0",
    });
  }
  const unasked = [...judgements.keys()].find((id) => !known.has(id));
  if (unasked !== undefined) {
    throw formatError(queries, `the question ${JSON.stringify(unasked)}, which is judged`, "none");
  }
  return { name: path.basename(path.resolve(folder)), documents: readCorpus(folder), questions };
}

function readCorpus(folder: string): readonly CollectionDocument[] | undefined {
  const file = path.join(folder, "corpus.jsonl");
  if (!existsSync(file)) {
    return undefined;
  }
  const documents = readLines(file, ["_id", "text"], ["title"]).map(
    ({ _id: id = "", title = "", text = "" }) => ({ id, title, text }),
  );
  if (documents.length === 0) {
    throw new CodedError({
      code: "EVAL_EMPTY",
      message: `expected documents in ${file}, got none`,
      hint: "one JSON object a line, with _id, title and text",
    });
  }
  return documents;
}

function judgementFile(folder: string): string {
  const plain = path.join(folder, "qrels.tsv");
  return existsSync(plain) ? plain : path.join(folder, "qrels", "test.tsv");
}

function readJudgements(file: string): ReadonlyMap<string, Relevance> {
  const judgements = new Map<string, Map<string, number>>();
  const [, ...rows] = readText(file).split(/\r?\n/u);
  for (const [place, row] of rows.entries()) {
    if (row === "") {
      continue;
    }
    const [query, document, grade, ...rest] = row.split("\t");
    const value = Number(grade);
    if (!query || !document || grade === "" || !Number.isFinite(value) || rest.length > 0) {
      throw formatError(`${file}:${place + 2}`, "query, document and grade between tabs", row);
    }
    const known = judgements.get(query) ?? new Map<string, number>();
    judgements.set(query, known.set(document, value));
  }
  return judgements;
}

/** The lines of a JSONL file, with the members that are wanted; each of those is a text. */
function readLines(
  file: string,
  required: readonly string[],
  optional: readonly string[] = [],
): readonly Readonly<Record<string, string>>[] {
  const ids = new Set<string>();
  return readText(file)
    .split(/\r?\n/u)
    .flatMap((line, index) => {
      const place = `${file}:${index + 1}`;
      if (line.trim() === "") {
        return [];
      }
      const found = membersOf(line, place);
      const entries = [...required, ...optional].flatMap((name): [string, string][] => {
        const value = found.get(name);
        if (typeof value === "string") {
          return [[name, value]];
        }
        if (value === undefined && optional.includes(name)) {
          return [];
        }
        throw formatError(place, `a text as ${name}`, JSON.stringify(value) ?? "none");
      });
      const row = Object.fromEntries(entries);
      const id = row["_id"] ?? "";
      if (id === "" || ids.has(id)) {
        throw formatError(place, "an _id that no other line has", JSON.stringify(id));
      }
      ids.add(id);
      return [row];
    });
}

function membersOf(line: string, place: string): ReadonlyMap<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw formatError(place, "one JSON object", line);
  }
  if (typeof value !== "object" || value === null) {
    throw formatError(place, "one JSON object", line);
  }
  return new Map(Object.entries(value));
}

function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    throw new CodedError({
      code: "EVAL_MISSING",
      message: `expected a collection in BEIR form, could not read ${file}`,
      hint: "it has queries.jsonl, qrels.tsv or qrels/test.tsv, and corpus.jsonl (docs/eval.md)",
      cause,
    });
  }
}

function formatError(place: string, expected: string, got: string): CodedError {
  return new CodedError({
    code: "EVAL_FORMAT",
    message: `expected ${expected} in ${place}, got ${got.slice(0, 80)}`,
    hint: "docs/eval.md says what the files hold",
  });
}
