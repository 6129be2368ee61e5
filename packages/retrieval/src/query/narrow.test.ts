import { utimesSync, writeFileSync } from "node:fs";
import path from "node:path";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { indexFolder } from "../ingest/index-folder.ts";
import type { Places } from "../ingest/stand-in-model.cases.ts";
import { embedQuery, standInModel, temporaryPlaces } from "../ingest/stand-in-model.cases.ts";
import type { Answer } from "./answer.ts";
import { answerQuery } from "./answer-query.ts";
import { openIndex } from "./open-index.ts";
import type { QueryOptions } from "./query-options.ts";

let places: Places;
const files: Readonly<Record<string, string>> = {
  "docs/fog.md":
    "---\ntags: [ops, signal]\npriority: 2\n---\n# Fog\n\nThe keeper starts the fog signal.\n",
  "docs/lamp.md":
    "---\ntags: ops\n---\n# Lamp\n\nThe keeper trims the wick of the lamp in fog, says a signal.\n",
  "docs/old/storm.md":
    "---\ndraft: true\n---\n# Storm\n\nThe keeper calls getUserName before the storm.\n",
  "src/keeper.ts":
    "/** The keeper. */\nexport function getUser(): string {\n  return 'keeper';\n}\n",
};

beforeAll(async () => {
  places = temporaryPlaces();
  for (const [file, text] of Object.entries(files)) {
    places.write(file, text);
  }
  const recent = new Date("2026-03-01T00:00:00Z");
  utimesSync(path.join(places.workspace, "docs/lamp.md"), recent, recent);
  await indexFolder(places.workspace, places.folder, places.registry, standInModel());
});
afterAll(() => places[Symbol.dispose]());

async function ask(query: string, options: QueryOptions = {}): Promise<Answer> {
  using index = openIndex(places.folder, { registry: places.registry }, "space-one");
  return await answerQuery(index, embedQuery, query, { syntax: "operators", topK: 10, ...options });
}
async function pathsOf(query: string, options: QueryOptions = {}): Promise<readonly string[]> {
  const { results } = await ask(query, options);
  return [...new Set(results.map(({ citation }) => citation.path))].sort();
}

describe("a query with operators", () => {
  test("finds only what meets them", async () => {
    for (const [query, expected] of [
      ["keeper", ["docs/fog.md", "docs/lamp.md", "docs/old/storm.md", "src/keeper.ts"]],
      ['keeper "fog signal"', ["docs/fog.md"]],
      ['keeper -"fog signal"', ["docs/lamp.md", "docs/old/storm.md", "src/keeper.ts"]],
      ["keeper -fog", ["docs/old/storm.md", "src/keeper.ts"]],
      ["keeper title:lamp", ["docs/lamp.md"]],
      ["keeper -title:lamp -path:src", ["docs/fog.md", "docs/old/storm.md"]],
      ["keeper path:docs/*.md", ["docs/fog.md", "docs/lamp.md"]],
      ["keeper tag:ops", ["docs/fog.md", "docs/lamp.md"]],
      ["keeper -tag:ops path:docs", ["docs/old/storm.md"]],
      ["keeper `getUser`", ["src/keeper.ts"]],
      ["keeper -`getUser`", ["docs/fog.md", "docs/lamp.md", "docs/old/storm.md"]],
      ["keeper -getUser", ["docs/fog.md", "docs/lamp.md", "docs/old/storm.md"]],
      ["keeper -the", []],
    ] as const) {
      expect([query, await pathsOf(query)]).toEqual([query, expected]);
    }
  });

  test("says what it understood, and why nothing is left", async () => {
    const answer = await ask("keeper -fog");
    expect(answer.conditions).toEqual([{ kind: "word", value: "fog", negated: true }]);
    expect(await ask("keeper path:nowhere")).toMatchObject({
      reason: "no-match",
      detail: "no passage meets the conditions",
      conditions: [{ kind: "field", field: "path", value: "nowhere", negated: false }],
    });
    expect((await ask("path:docs")).detail).toContain("nothing to search for");
    expect((await ask('"no such words here"')).detail).toBe("no passage meets the conditions");
  });

  test("is words when the caller says so", async () => {
    const answer = await ask('keeper -fog "fog signal"', { syntax: "words" });
    expect(answer).not.toHaveProperty("conditions");
    expect(answer.results.length).toBeGreaterThan(2);
  });
});

describe("a query with a filter", () => {
  test("compares front matter, facts of the file and its time", async () => {
    for (const [filter, expected] of [
      ["tag=ops AND mtime>2026-01-01", ["docs/lamp.md"]],
      ["tag=ops AND mtime<2026-01-01", ["docs/fog.md"]],
      ["priority>=2", ["docs/fog.md"]],
      ["kind=code", ["src/keeper.ts"]],
      ["language=typescript OR draft=true", ["docs/old/storm.md", "src/keeper.ts"]],
      ["tag=none", []],
    ] as const) {
      expect([filter, await pathsOf("keeper", { filter })]).toEqual([filter, expected]);
    }
    await expect(ask("keeper", { filter: "tag=" })).rejects.toMatchObject({
      code: "FILTER_SYNTAX",
    });
  });

  test("knows the time of a file that was only touched, and nobody's of other content", async () => {
    using other = temporaryPlaces();
    other.write("a.md", "The keeper.");
    const model = standInModel();
    const index = (): ReturnType<typeof indexFolder> =>
      // Later than the clock's step behind the files' times, or nothing would be said of them yet.
      indexFolder(other.workspace, other.folder, other.registry, model, {
        now: () => Date.now() + 10_000,
      });
    const first = await index();
    const find = async (): Promise<number> => {
      using open = openIndex(other.folder, { registry: other.registry }, "space-one");
      const answer = await answerQuery(open, embedQuery, "keeper", { filter: "mtime>2026-01-01" });
      return answer.results.length;
    };
    expect(await find()).toBe(0);
    const recent = new Date("2026-03-01T00:00:00Z");
    utimesSync(path.join(other.workspace, "a.md"), recent, recent);
    expect((await index()).snapshotRoot).toBe(first.snapshotRoot);
    expect(await find()).toBe(1);
    const times = path.join(other.folder, "times.json");
    const now = Date.now();
    writeFileSync(times, JSON.stringify({ format: 1, times: [["a.md", "sha256:other", now]] }));
    expect(await find()).toBe(0);
    writeFileSync(times, "{");
    await expect(find()).rejects.toMatchObject({ code: "INDEX_TIMES" });
  });

  test("keeps to scopes, which are folders or files", async () => {
    expect(await pathsOf("keeper", { scopes: ["docs/old/"] })).toEqual(["docs/old/storm.md"]);
    expect(await pathsOf("keeper", { scopes: ["./src", "docs/fog.md"] })).toEqual([
      "docs/fog.md",
      "src/keeper.ts",
    ]);
    expect(await pathsOf("keeper", { scopes: ["doc"] })).toEqual([]);
    expect(await pathsOf("keeper", { scopes: ["."] })).toHaveLength(4);
  });
});

describe("what is asked for beside the passages", () => {
  test("are the legs' figures, term by term", async () => {
    const { explain, results } = await ask("keeper wick", { explain: true, filter: "tag=ops" });
    expect(explain).toMatchObject({
      text: "keeper wick",
      weights: { keyword: expect.any(Number) },
    });
    expect(explain?.allowed).toBe(2);
    const [best] = results;
    expect(best?.explain?.terms.map(({ term }) => term)).toEqual(["keeper", "wick"]);
    const sum = best?.explain?.terms.reduce((total, { bm25 }) => total + bm25, 0) ?? 0;
    expect(sum).toBeCloseTo(best?.explain?.bm25 ?? 0, 4);
  });

  test("is the keyword leg alone, which needs no model", async () => {
    const options = { keywordsOnly: true };
    using index = openIndex(places.folder, { registry: places.registry }, "space-one", options);
    const never = (): Promise<Float32Array> => Promise.reject(new Error("no model is needed"));
    const answer = await answerQuery(index, never, "wick");
    expect(answer.vectors).toBe("not asked");
    expect(answer.results.map(({ citation }) => citation.path)).toEqual(["docs/lamp.md"]);
    expect(answer.results[0]?.score).toBeGreaterThan(0);
    expect(answer.results[0]?.score).toBeLessThanOrEqual(1);
  });

  test("are the passages around one, of the same document, in its order", async () => {
    using other = temporaryPlaces();
    const sections = ["one", "two", "three", "four", "five"].map(
      (name) => `## Section ${name}\n\n${`The ${name} passage. `.repeat(20)}\n`,
    );
    other.write("a.md", `# A\n\n${sections.join("\n")}`);
    other.write("b.md", "# B\n\nAnother document.\n");
    await indexFolder(other.workspace, other.folder, other.registry, standInModel());
    using index = openIndex(other.folder, { registry: other.registry }, "space-one");
    const { results } = await answerQuery(index, embedQuery, "three passage", {
      topK: 1,
      context: 1,
    });
    const [hit] = results;
    expect(hit?.text).toContain("three");
    const lines = [...(hit?.context?.before ?? []), ...(hit?.context?.after ?? [])];
    expect(lines).toHaveLength(2);
    expect(hit?.context?.before[0]?.lineEnd).toBeLessThanOrEqual(hit?.citation.lineStart ?? 0);
    expect(hit?.context?.after[0]?.lineStart).toBeGreaterThanOrEqual(hit?.citation.lineEnd ?? 0);
    const last = await answerQuery(index, embedQuery, "another document", { topK: 1, context: 3 });
    expect(last.results[0]?.context).toEqual({ before: [], after: [] });
  });

  test("is variety, and a budget that is kept", async () => {
    const varied = await ask("keeper", { topK: 3, diversity: 0.9 });
    expect(varied.results).toHaveLength(3);
    expect(await ask("keeper", { topK: 3, diversity: 0.9 })).toEqual(varied);
    const budget = { unit: "bytes", limit: 60 } as const;
    const small = await ask("keeper", { budget });
    const bytes = small.results.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0);
    expect(small.budget).toMatchObject({ ...budget, used: bytes });
    expect(bytes).toBeLessThanOrEqual(60);
    const words = {
      countTokens: () => Promise.resolve((text: string) => text.split(/\s+/u).length),
    };
    const tokens = await ask("keeper", { budget: { unit: "tokens", limit: 2 }, ...words });
    expect(tokens.results[0]?.shortened).toBe(true);
    expect(tokens.budget?.leftOut).toBeGreaterThan(0);
    await expect(ask("keeper", { budget: { unit: "bytes", limit: 0 } })).rejects.toMatchObject({
      code: "QUERY_OPTION",
    });
    await expect(ask("keeper", { diversity: 2 })).rejects.toMatchObject({ code: "QUERY_OPTION" });
    await expect(ask("keeper", { context: 11 })).rejects.toMatchObject({ code: "QUERY_OPTION" });
  });

  test("is the order of a cross-encoder, with what it gave", async () => {
    const last = "docs/old/storm.md";
    const { results } = await ask("keeper", {
      explain: true,
      rerank: (_, passages) =>
        Promise.resolve(passages.map((text) => (text.includes("storm") ? 3 : -1))),
    });
    expect(results[0]?.citation.path).toBe(last);
    expect(results[0]?.explain?.rerank).toBe(3);
    expect(results[0]?.score).toBeCloseTo(1 / (1 + Math.exp(-3)), 5);
    const broken = await ask("keeper", { rerank: () => Promise.resolve([Number.NaN]) });
    expect(broken.results).toHaveLength(results.length);
  });
});
