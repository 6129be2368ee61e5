import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { indexFolder } from "../ingest/index-folder.ts";
import { embedQuery, standInModel, temporaryPlaces } from "../ingest/stand-in-model.cases.ts";
import { openIndex } from "../query/open-index.ts";
import { compareRuns } from "./compare-runs.ts";
import type { EvaluationRun } from "./evaluate.ts";
import { evaluate } from "./evaluate.ts";
import { layOutCollection } from "./lay-out-collection.ts";
import type { Collection } from "./read-collection.ts";
import { readCollection } from "./read-collection.ts";
import { readRun } from "./read-run.ts";

const places = temporaryPlaces();
const folder = mkdtempSync(path.join(tmpdir(), "clawkeep-beir-"));
afterAll(() => {
  places[Symbol.dispose]();
  rmSync(folder, { recursive: true, force: true });
});

const jsonl = (rows: readonly object[]): string =>
  rows.map((row) => `${JSON.stringify(row)}\n`).join("");
const corpus = [
  { _id: "fog", title: "Fog", text: "Two blasts of the horn every minute." },
  { _id: "lamp", title: "Lamp", text: "Trim the wick at dusk." },
  { _id: "boat", title: "Boat", text: "Bail the boat after rain." },
];
const queries = [
  { _id: "q1", text: "How often does the horn sound?" },
  { _id: "q2", text: "trim wick" },
  { _id: "q3", text: "is judged by nobody" },
];
const qrels = "query-id\tcorpus-id\tscore\nq1\tfog\t2\nq1\tboat\t0\nq2\tlamp\t1\n";

function write(files: Readonly<Record<string, string>>): string {
  const place = mkdtempSync(path.join(folder, "case-"));
  for (const [name, text] of Object.entries(files)) {
    writeFileSync(path.join(place, name), text);
  }
  return place;
}

const whole = {
  "corpus.jsonl": jsonl(corpus),
  "queries.jsonl": jsonl(queries),
  "qrels.tsv": qrels,
};

describe("a collection", () => {
  test("is read with the questions that something answers", () => {
    const { documents, questions } = readCollection(write(whole));
    expect(documents?.map(({ id }) => id)).toEqual(["fog", "lamp", "boat"]);
    expect(questions.map(({ id }) => id)).toEqual(["q1", "q2"]);
    expect(questions[0]?.relevance).toEqual(
      new Map([
        ["fog", 2],
        ["boat", 0],
      ]),
    );
  });

  test("without a corpus names paths of an index", () => {
    const { "queries.jsonl": asked, "qrels.tsv": judged } = whole;
    const place = write({ "queries.jsonl": asked, "qrels.tsv": judged });
    expect(readCollection(place).documents).toBeUndefined();
  });

  test.each([
    ["EVAL_MISSING", { "queries.jsonl": whole["queries.jsonl"] }],
    ["EVAL_MISSING", { "qrels.tsv": qrels }],
    ["EVAL_EMPTY", { ...whole, "queries.jsonl": "", "qrels.tsv": "a\tb\tc\n" }],
    ["EVAL_EMPTY", { ...whole, "qrels.tsv": "a\tb\tc\nq1\tfog\t0\n" }],
    ["EVAL_EMPTY", { ...whole, "corpus.jsonl": "\n" }],
    ["EVAL_FORMAT", { ...whole, "qrels.tsv": "a\tb\tc\nq1\tfog\n" }],
    ["EVAL_FORMAT", { ...whole, "qrels.tsv": "a\tb\tc\nq1\tfog\tmuch\n" }],
    ["EVAL_FORMAT", { ...whole, "qrels.tsv": `${qrels}q9\tfog\t1\n` }],
    ["EVAL_FORMAT", { ...whole, "queries.jsonl": "no JSON\n" }],
    ["EVAL_FORMAT", { ...whole, "queries.jsonl": '{"_id":"q1"}\n' }],
    ["EVAL_FORMAT", { ...whole, "queries.jsonl": jsonl([...queries, { _id: "q1", text: "" }]) }],
    ["EVAL_FORMAT", { ...whole, "corpus.jsonl": '{"_id":1,"text":""}\n' }],
  ])("is refused with %s when something is wrong with it", (code, files) => {
    const place = write(files);
    expect(() => readCollection(place)).toThrow(expect.objectContaining({ code }));
  });
});

describe("a run", () => {
  let collection: Collection;
  let run: EvaluationRun;

  beforeAll(async () => {
    collection = readCollection(write(whole));
    const ids = layOutCollection(collection.documents ?? [], places.workspace);
    await indexFolder(places.workspace, places.folder, places.registry, standInModel());
    using index = openIndex(places.folder, { registry: places.registry }, "space-one");
    run = await evaluate(index, embedQuery, collection.questions, { collection: "harbour", ids });
  });

  test("measures what the index answers beside each leg and a fusion of ranks", () => {
    expect(run).toMatchObject({ version: 1, collection: "harbour", questions: 2 });
    expect(Object.keys(run.beside)).toEqual(["keyword", "dense", "rrf"]);
    expect(run.figures).toEqual({ "ndcg@10": 1, "mrr@10": 1, "recall@10": 1, "recall@100": 1 });
    expect(run.beside["keyword"]?.["ndcg@10"]).toBe(1);
    expect(run.latencyMs.worst).toBeGreaterThanOrEqual(run.latencyMs.p50);
  });

  test("by keywords alone says so, and needs no vector", async () => {
    const trust = { registry: places.registry };
    using index = openIndex(places.folder, trust, "space-one", { keywordsOnly: true });
    const none = (): Promise<Float32Array> => Promise.reject(new Error("no model"));
    const found = await evaluate(index, none, collection.questions, { collection: "harbour" });
    expect(found).toMatchObject({ vectors: "not asked", beside: {} });
    expect(found.figures["ndcg@10"]).toBe(0);
  });

  test("of no question is an error", async () => {
    using index = openIndex(places.folder, { registry: places.registry }, "space-one");
    await expect(evaluate(index, embedQuery, [], { collection: "" })).rejects.toThrow(RangeError);
  });

  test("comes back from its file as it was", () => {
    const place = write({ "run.json": JSON.stringify({ ...run, comparison: {} }) });
    expect(readRun(path.join(place, "run.json"))).toEqual(run);
    expect(() => readRun(path.join(place, "absent"))).toThrow(
      expect.objectContaining({ code: "EVAL_RUN" }),
    );
  });

  test("beside an earlier one shows each question that fares otherwise", () => {
    const [first, second] = run.results;
    if (first === undefined || second === undefined) {
      throw new Error("two questions were asked");
    }
    const figures = { "ndcg@10": 0.5, "mrr@10": 0.5, "recall@10": 1, "recall@100": 1 };
    const before = { ...run, results: [first, { ...second, figures }] };
    const found = compareRuns(before, run, "ndcg@10");
    expect(found).toMatchObject({ difference: 0.25, better: 1, worse: 0, same: 1 });
    expect(found.low).toBeGreaterThanOrEqual(0);
    expect(found.high).toBeLessThanOrEqual(0.5);
    expect(found.questions).toEqual([{ id: "q2", text: "trim wick", before: 0.5, after: 1 }]);
    expect(compareRuns(before, run, "ndcg@10")).toEqual(found);
    expect(compareRuns(run, before, "mrr@10")).toMatchObject({ difference: -0.25, worse: 1 });
  });

  test("is not compared with one of other questions", () => {
    const fewer = { ...run, results: run.results.slice(1) };
    for (const [before, after] of [
      [run, fewer],
      [fewer, run],
    ] as const) {
      expect(() => compareRuns(before, after, "ndcg@10")).toThrow(
        expect.objectContaining({ code: "EVAL_COMPARE" }),
      );
    }
  });
});
