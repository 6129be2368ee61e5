import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { indexFolder } from "../ingest/index-folder.ts";
import { standInModel } from "../ingest/stand-in-model.cases.ts";
import { answerQuery } from "./answer-query.ts";
import type { Answer } from "./answer.ts";
import type { IndexPlace } from "./open-collections.ts";
import { Collections, collectionsRoot, openIndexes } from "./open-collections.ts";
import { openIndex } from "./open-index.ts";
import type { QueryOptions } from "./query-options.ts";

const model = standInModel();
let base: string;

beforeEach(() => {
  base = mkdtempSync(path.join(tmpdir(), "clawkeep-collections-"));
});
afterEach(() => rmSync(base, { recursive: true, force: true }));

/** Indexes files as one workspace with a registry of its own. */
async function put(name: string, files: Readonly<Record<string, string>>): Promise<IndexPlace> {
  const [root, folder, registry] = ["files", "index", "registry"].map((part) =>
    path.join(base, name, part),
  ) as [string, string, string];
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
    writeFileSync(path.join(root, file), text);
  }
  await indexFolder(root, folder, registry, model);
  return { name, folder, trust: { registry } };
}

async function ask(
  places: readonly IndexPlace[],
  query: string,
  options: QueryOptions = {},
): Promise<Answer> {
  using index = openIndexes(places, model.spaceId);
  const embedder = await model.open();
  try {
    return await answerQuery(index, (text) => embedder.embed([text]), query, options);
  } finally {
    await embedder.close();
  }
}

const found = ({ results }: Answer): readonly string[] =>
  results.map(({ citation }) => `${citation.collection ?? "-"}:${citation.path}`);

const harbour = {
  "docs/lamp.md": "# Lamp\n\nThe keeper lights the lamp.\n",
  "old/lamp.md": "# Old\n\nThe lamp was lit by an older keeper.\n",
};
const garden = {
  "docs/lamp.md": "# Garden\n\nA lamp stands by the pond.\n",
  "fish.md": "# Fish\n\nCarp swim in the pond.\n",
};

describe("several indexes in one query", () => {
  test("cite the collection of each passage, whatever order they are given in", async () => {
    const [a, b] = [await put("harbour", harbour), await put("garden", garden)];
    const answer = await ask([a, b], "lamp", { topK: 3 });
    expect(new Set(found(answer))).toEqual(
      new Set(["harbour:docs/lamp.md", "harbour:old/lamp.md", "garden:docs/lamp.md"]),
    );
    expect(answer.results.every(({ source }) => /^\[(?:harbour|garden)\] /u.test(source))).toBe(
      true,
    );
    expect(await ask([b, a], "lamp", { topK: 3 })).toEqual(answer);
    expect(answer.collections?.map(({ name }) => name)).toEqual(["garden", "harbour"]);
    expect(answer.snapshotRoot).toBe(collectionsRoot(answer.collections ?? []));
  });

  test("give the scores that one index of all files gives", async () => {
    const [a, b] = [await put("a", harbour), await put("b", garden)];
    const whole = await put("whole", {
      ...Object.fromEntries(Object.entries(harbour).map(([name, text]) => [`a/${name}`, text])),
      ...Object.fromEntries(Object.entries(garden).map(([name, text]) => [`b/${name}`, text])),
    });
    for (const query of ["lamp", "pond keeper", "older carp"]) {
      const apart = await ask([a, b], query, { topK: 10 });
      const together = await ask([{ folder: whole.folder, trust: whole.trust }], query, {
        topK: 10,
      });
      expect(
        apart.results.map(({ score, citation }) => [
          score,
          `${citation.collection ?? ""}/${citation.path}`,
        ]),
      ).toEqual(together.results.map(({ score, citation }) => [score, citation.path]));
    }
  });

  test("keep to the folders of a collection, and to the collections that are asked for", async () => {
    const [a, b] = [await put("harbour", harbour), await put("garden", garden)];
    const scoped = [{ ...a, scopes: ["old/"] }, b];
    expect(found(await ask(scoped, "lamp", { topK: 10 }))).not.toContain("harbour:docs/lamp.md");
    expect(found(await ask(scoped, "lamp", { collections: ["harbour"] }))).toEqual([
      "harbour:old/lamp.md",
    ]);
    expect(
      found(await ask(scoped, "lamp", { collections: ["harbour"], scopes: ["docs"] })),
    ).toEqual([]);
    await expect(ask(scoped, "lamp", { collections: ["attic"] })).rejects.toThrow(
      expect.objectContaining({ code: "COLLECTION_UNKNOWN" }),
    );
  });

  test("are trusted one by one", async () => {
    const [a, b] = [await put("harbour", harbour), await put("garden", garden)];
    const foreign = { ...b, trust: a.trust };
    await expect(ask([a, foreign], "lamp")).rejects.toThrow(
      expect.objectContaining({ code: "INDEX_UNTRUSTED" }),
    );
    using own = openIndex(b.folder, b.trust, model.spaceId);
    const byRoot = { ...b, trust: { snapshotRoot: own.snapshotRoot } };
    expect(found(await ask([a, byRoot], "pond"))).toContain("garden:fish.md");
  });

  test("must differ, by name and by what they are", async () => {
    const [a, b] = [await put("harbour", harbour), await put("garden", garden)];
    for (const places of [
      [a, { ...b, name: "harbour" }],
      [a, { ...a, name: "again" }],
    ]) {
      expect(() => openIndexes(places, model.spaceId)).toThrow(
        expect.objectContaining({ code: "COLLECTION_TWICE" }),
      );
    }
  });

  test("say when one of them was published anew", async () => {
    const [a, b] = [await put("harbour", harbour), await put("garden", garden)];
    using index = openIndexes([a, b], model.spaceId);
    expect(index).toBeInstanceOf(Collections);
    expect(index.isCurrent()).toBe(true);
    await put("garden", { "new.md": "# New\n\nA bench.\n" });
    expect(index.isCurrent()).toBe(false);
  });
});

describe("pages", () => {
  test("have neither gaps nor repetitions, and say whether there are more", async () => {
    const many = Object.fromEntries(
      Array.from({ length: 12 }, (_, n) => [
        `${n % 2 === 0 ? "long" : `n${n}`}.md`,
        `# Lamps\n\n${Array.from({ length: 9 }, (__, line) => `## Lamp ${n} ${line}\n\nLamp ${n} ${line} shines over pier ${n * line}. `.repeat(6)).join("\n\n")}\n`,
      ]),
    );
    const { folder, trust } = await put("many", many);
    const places = [{ folder, trust }];
    for (const topK of [1, 3, 5]) {
      const seen: string[] = [];
      for (let offset = 0; ; offset += topK) {
        const page = await ask(places, "lamp pier", { topK, offset });
        seen.push(...page.results.map(({ citation }) => JSON.stringify(citation)));
        if (offset === 0) {
          expect({ ...page, more: undefined }).toEqual({
            ...(await ask(places, "lamp pier", { topK })),
            more: undefined,
          });
        }
        if (page.more !== true) break;
      }
      expect(new Set(seen).size).toBe(seen.length);
      const all = await ask(places, "lamp pier", { topK: 200 });
      expect(new Set(seen)).toEqual(
        new Set(all.results.map(({ citation }) => JSON.stringify(citation))),
      );
    }
    await expect(ask(places, "lamp", { offset: 1, diversity: 0.5 })).rejects.toThrow(
      expect.objectContaining({ code: "QUERY_OPTION" }),
    );
  });
});
