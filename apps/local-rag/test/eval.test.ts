import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { afterAll, describe, expect, test } from "vitest";

import type { CommandResult } from "./command.ts";
import { localRag } from "./command.ts";

const base = mkdtempSync(path.join(tmpdir(), "clawkeep-eval-"));
afterAll(() => rmSync(base, { recursive: true, force: true }));
const run = (...args: readonly string[]): CommandResult =>
  localRag(["eval", ...args], { home: path.join(base, "home"), cwd: base });

writeFileSync(
  path.join(base, "corpus.jsonl"),
  '{"_id":"fog","title":"Fog signal","text":"Two blasts a minute."}\n' +
    '{"_id":"lamp","title":"Lamp","text":"Trim the wick at dusk."}\n',
);
writeFileSync(
  path.join(base, "queries.jsonl"),
  '{"_id":"1","text":"audible alarm in mist"}\n{"_id":"2","text":"wick"}\n',
);
writeFileSync(path.join(base, "qrels.tsv"), "query\tdocument\tgrade\n1\tfog\t1\n2\tlamp\t1\n");

describe("local-rag eval", () => {
  test("measures a collection, keeps a run, compares with it, and holds thresholds", () => {
    const first = run(".", "--json", "--min", "ndcg@10=0.9,recall@100=1");
    expect([first.stderr, first.code]).toEqual(["", 0]);
    expect(JSON.parse(first.stdout)).toMatchObject({
      version: 1,
      questions: 2,
      figures: { "ndcg@10": 1 },
      missed: [],
    });
    writeFileSync(path.join(base, "run.json"), first.stdout);

    const second = run(".", "--compare", "run.json");
    expect(second.code).toBe(0);
    expect(second.stdout).toMatch(/^answers +1\.0000 +1\.0000 +1\.0000 +1\.0000$/mu);
    expect(second.stdout).toContain("ndcg@10: 1.0000 → 1.0000, +0.0000");
  });

  test("ends with 1 below a threshold, and says which", () => {
    writeFileSync(path.join(base, "qrels.tsv"), "query\tdocument\tgrade\n1\tlamp\t1\n2\tfog\t1\n");
    const { code, stderr } = run(".", "--min", "mrr@10=0.99");
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(/^mrr@10 is 0\.\d{4}, less than 0\.99$/mu),
    ]);
  });

  test.each([
    [["nowhere"], "EVAL_MISSING"],
    [[".", "--min", "ndcg@10"], "USAGE"],
    [[".", "--min", "bleu=1"], "USAGE"],
    [[".", "--figure", "bleu"], "USAGE"],
    [[".", "--compare", "queries.jsonl"], "EVAL_RUN"],
    [[".", "--index", "nowhere"], "INDEX_MISSING"],
  ])("refuses %j with %s", (args, code) => {
    const refused = run(...args);
    expect([refused.code, refused.stderr.split(":")[0]]).toEqual([2, code]);
  });

  test("refuses a collection in which nothing is judged", () => {
    writeFileSync(path.join(base, "qrels.tsv"), "query\tdocument\tgrade\n");
    const { code, stdout, stderr } = run(".");
    expect([code, stdout, stderr]).toEqual([2, "", expect.stringMatching(/^EVAL_EMPTY: /u)]);
  });
});
