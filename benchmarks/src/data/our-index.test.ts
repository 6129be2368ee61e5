import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { afterEach, beforeEach, expect, test } from "vitest";

import { forget, makeOurIndex } from "./our-index.ts";
import { embedCorpus, realSet } from "./vector-sets.ts";
import { layOutCorpus } from "./corpus.ts";

let folder = "";
beforeEach(() => (folder = mkdtempSync(path.join(tmpdir(), "clawkeep-ours-"))));
afterEach(() => rmSync(folder, { recursive: true }));

test("what earlier code left under a name goes, and nothing else", () => {
  mkdirSync(path.join(folder, "ours-a-1"));
  writeFileSync(path.join(folder, "ours-a-2"), "");
  writeFileSync(path.join(folder, "ours-b-1"), "");
  forget(folder, "ours-a-");
  expect(readdirSync(folder)).toEqual(["ours-b-1"]);
  forget(path.join(folder, "absent"), "x");
});

test("an index of copies is made from vectors that are known, without embedding again", async () => {
  const documents = path.join(folder, "documents");
  mkdirSync(documents);
  for (let file = 0; file < 4; file += 1) {
    writeFileSync(path.join(documents, `${file}.md`), `# File ${file}\n\nText number ${file}.\n`);
  }
  const corpus = await layOutCorpus(documents, { name: "all", seed: 1 }, folder);
  const vectors = await embedCorpus(corpus, folder, () => undefined);
  expect(vectors.rows).toBe(4);
  const index = await makeOurIndex(corpus, vectors, 3, path.join(folder, "ours"), "code1");
  expect(index.chunks).toBe(12);
  expect(readdirSync(index.workspace)).toEqual(["copy-0", "copy-1", "copy-2"]);
  // Found again; and made anew for other code.
  expect(await makeOurIndex(corpus, vectors, 3, path.join(folder, "ours"), "code1")).toEqual(index);
  await makeOurIndex(corpus, vectors, 3, path.join(folder, "ours"), "code2");
  expect(readdirSync(path.join(folder, "ours"))).toHaveLength(1);
});

test("queries are held out of the base, and the truth is of the right shape", async () => {
  const documents = path.join(folder, "documents");
  mkdirSync(documents);
  const names = ["gateway", "token", "session", "backup", "browser", "plugin"];
  names.forEach((name) =>
    writeFileSync(path.join(documents, `${name}.md`), `# ${name}\n\nAbout ${name}.\n`),
  );
  const corpus = await layOutCorpus(documents, { name: "all", seed: 1 }, folder);
  const vectors = await embedCorpus(corpus, folder, () => undefined);
  const set = realSet(vectors, 100, 2, 9);
  expect(set).toMatchObject({ name: "real-4", base: { rows: 4 }, queries: { rows: 2 } });
  // Fewer rows than neighbours: as many ids as there are rows.
  expect(set.truth).toHaveLength(2 * 4);
  expect([...set.truth.subarray(0, 4)].sort()).toEqual([0, 1, 2, 3]);
});

test("an embedding that was stopped goes on where it was, with the same bytes", async () => {
  const documents = path.join(folder, "documents");
  mkdirSync(documents);
  for (let file = 0; file < 3; file += 1) {
    writeFileSync(path.join(documents, `${file}.md`), `# File ${file}\n\nText number ${file}.\n`);
  }
  const corpus = await layOutCorpus(documents, { name: "all", seed: 1 }, folder);
  const whole = await embedCorpus(corpus, path.join(folder, "whole"), () => undefined);
  const bytes = readFileSync(whole.path);
  const said: string[] = [];
  const stopped = path.join(folder, "stopped");
  mkdirSync(stopped);
  // One row and a torn one.
  writeFileSync(
    path.join(stopped, `${path.basename(whole.path)}.part`),
    bytes.subarray(0, 384 * 4 + 10),
  );
  const resumed = await embedCorpus(corpus, stopped, (text) => said.push(text));
  expect(said[0]).toContain("embedding 2 chunks");
  expect(readFileSync(resumed.path)).toEqual(bytes);
});
