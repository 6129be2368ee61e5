import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import fc from "fast-check";
import { afterEach, beforeEach, expect, test } from "vitest";

import { fitting, layOutCorpus } from "./corpus.ts";

let folder = "";
beforeEach(() => (folder = mkdtempSync(path.join(tmpdir(), "clawkeep-corpus-"))));
afterEach(() => rmSync(folder, { recursive: true }));

test("a sample never has more than asked for, and one seed gives one sample", () => {
  const sizes = fc.array(fc.integer({ min: 0, max: 40 }), { maxLength: 40 });
  fc.assert(
    fc.property(sizes, fc.integer({ min: 1, max: 200 }), fc.integer(), (lengths, total, seed) => {
      const items = lengths.map((length, id) => ({ id, lines: Array.from({ length }) }));
      const chosen = fitting(items, total, seed);
      const sum = chosen.reduce((all, { lines }) => all + lines.length, 0);
      expect(sum).toBeLessThanOrEqual(total);
      expect(fitting(items, total, seed)).toEqual(chosen);
      // What was left out would not have fitted in what is left.
      for (const item of items.filter(({ id }) => !chosen.some((other) => other.id === id))) {
        expect(item.lines.length === 0 || item.lines.length > total - sum).toBe(true);
      }
    }),
  );
});

test("the file of chunks holds the chunks of exactly the files in the folder", async () => {
  const documents = path.join(folder, "documents");
  mkdirSync(path.join(documents, "deep"), { recursive: true });
  writeFileSync(path.join(documents, "a.md"), "# A\n\nFirst text.\n");
  writeFileSync(path.join(documents, "deep/b.md"), "# B\n\nSecond text.\n");
  writeFileSync(path.join(documents, "not.txt"), "no Markdown\n");
  const choice = { name: "all", seed: 1 };
  const corpus = await layOutCorpus(documents, choice, folder);
  expect(corpus).toMatchObject({ files: 2, chunks: 2 });
  expect(readdirSync(corpus.folder).sort()).toEqual(["a.md", "deep"]);
  const lines = readFileSync(corpus.chunksFile, "utf8").trimEnd().split("\n");
  const chunks = lines.map((line) => JSON.parse(line) as { source: string; input: string });
  expect(chunks.map(({ source }) => source)).toEqual(["a.md:1-3", "deep/b.md:1-3"]);
  expect(chunks[0]?.input).toContain("First text.");
  // A second call finds it.
  writeFileSync(path.join(documents, "a.md"), "changed\n");
  expect(await layOutCorpus(documents, choice, folder)).toEqual(corpus);
});
