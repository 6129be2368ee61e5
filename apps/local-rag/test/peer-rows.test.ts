/**
 * What users of other tools ask for, and those tools have in part or not at all, shown by the command
 * itself: a test a row of our table of peers, named after it.
 */
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import type { CommandResult } from "./command.ts";
import { localRag } from "./command.ts";

const base = mkdtempSync(path.join(tmpdir(), "clawkeep-rows-"));
const workspace = path.join(base, "workspace");
const home = path.join(base, "home");
const place = { home, cwd: workspace };

beforeAll(() => {
  cpSync(path.join(import.meta.dirname, "../../../fixtures/corpora/lighthouse"), workspace, {
    recursive: true,
  });
  const header = "---\ntags: [ops]\nowner: Ada\nzanzibar: quixotic\n---\n";
  writeFileSync(path.join(workspace, "storm.md"), `${header}# Storm\n\nClose the shutters.\n`);
  writeFileSync(path.join(workspace, "code.md"), "# Codes\n\nError QX-7731 means a wet wick.\n");
  expect(localRag(["index", "."], place).code).toBe(0);
}, 60_000);
afterAll(() => rmSync(base, { recursive: true, force: true }));

interface Answer {
  readonly results: readonly {
    readonly text: string;
    readonly citation: Readonly<Record<string, unknown>> & { readonly path: string };
    readonly explain?: Readonly<Record<string, unknown>>;
  }[];
  readonly explain?: Readonly<Record<string, unknown>>;
  readonly reason?: string;
}

const query = (...args: readonly string[]): CommandResult => localRag(["query", ...args], place);
const answer = (...args: readonly string[]): Answer =>
  JSON.parse(query(...args, "--json").stdout) as Answer;

describe("row", () => {
  test("Frontmatter as metadata, not as vectors", () => {
    expect(answer("quixotic", "--keywords").reason).toBe("no-match");
    const [hit] = answer("shutters", "--filter", "zanzibar=quixotic").results;
    expect(hit?.text).toBe("# Storm\n\nClose the shutters.");
  });

  test("BM25 + dense union", () => {
    // A name that no vector knows, and a question that shares no word with its answer.
    expect(answer("QX-7731", "--topk", "1").results[0]?.citation.path).toBe("code.md");
    const [hit] = answer("audible alarm in mist", "--topk", "1").results;
    expect(hit?.citation.path).toBe("fog.md");
  });

  test("Metadata filters", () => {
    const { results } = answer("lamp", "--filter", "owner=Ada AND mtime>2020-01-01", "--topk", "9");
    expect(results.map(({ citation }) => citation.path)).toEqual(["storm.md"]);
  });

  test("Citation path + line range, + byte range + sha256", () => {
    const [hit] = answer("fog signal", "--topk", "1").results;
    expect(hit?.citation).toMatchObject({
      path: "fog.md",
      lineStart: 1,
      lineEnd: 11,
      byteStart: 0,
      chunkDigest: expect.stringMatching(/^sha256:[0-9a-f]{64}$/u),
    });
  });

  test("verify citation / snapshot id", () => {
    const { stdout } = query("fog signal", "--json");
    const input = { ...place, input: stdout };
    expect(localRag(["verify", "-"], input).stdout).toContain("given from this index");
    const forged = { ...place, input: stdout.replace("two blasts", "ten blasts") };
    expect(localRag(["verify", "-"], forged).code).toBe(1);
  });

  test("JSON / JSONL out, schema-versioned", () => {
    const lines = query("fog", "--format", "jsonl", "--topk", "2").stdout.trimEnd().split("\n");
    const values = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(values.map(({ version, type }) => [version, type])).toEqual([
      [1, "hit"],
      [1, "hit"],
      [1, "answer"],
    ]);
  });

  test("Explain scores", () => {
    const { explain, results } = answer("fog signal", "--explain", "--topk", "1");
    expect(Object.keys(explain?.["weights"] ?? {})).toEqual(["vector", "keyword"]);
    const figures = ["cosine", "bm25", "fused", "vectorRank", "keywordRank", "terms"];
    expect(Object.keys(results[0]?.explain ?? {})).toEqual(figures);
  });

  test("Fails fast & clear offline", () => {
    const missing = query("fog", "--model", base, "--json");
    expect(missing.code).toBe(2);
    expect(missing.stderr).toMatch(/^MODEL_MISSING: /u);
    // Other tools print [] and exit code 0 here.
    expect(JSON.parse(missing.stdout)).toMatchObject({ error: { code: "MODEL_MISSING" } });
  });
});
