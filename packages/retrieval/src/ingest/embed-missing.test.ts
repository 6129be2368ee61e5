import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { digestBytes } from "@clawkeep/integrity";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

import type { Catalog } from "../catalog/catalog.ts";
import { openCatalog } from "../catalog/catalog.ts";
import { embedMissing } from "./embed-missing.ts";
import { standInModel } from "./stand-in-model.cases.ts";

const texts = 1000;
const build = { space: "space-one", build: "build", dimensions: 64 };
let folder: string;
let catalog: Catalog;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "clawkeep-embed-"));
  catalog = openCatalog(path.join(folder, "catalog.sqlite"), { create: true });
  const place = { byteStart: 0, byteEnd: 1, lineStart: 1, lineEnd: 1, headings: [], title: "" };
  catalog.transaction(() => {
    for (let index = 0; index < texts; index += 1) {
      const text = `word${index}`;
      const digest = digestBytes(text);
      const chunk = { ...place, ordinal: 0, text, context: "", digest, input: digest, tokens: 100 };
      const file = { path: `${index}.md`, digest, size: 1, title: "", hint: null, findings: [] };
      catalog.putDocument({ ...file, indexed: true, facts: "", chunks: [chunk] });
    }
  });
});
afterEach(() => {
  catalog.close();
  rmSync(folder, { recursive: true, force: true });
});

describe("embedding what is missing", () => {
  test("has never more under way than four units a session, and keeps every vector", async () => {
    const model = standInModel();
    let [under, most] = [0, 0];
    const count = await embedMissing(catalog, build, async () => {
      const embedder = await model.open();
      return {
        ...embedder,
        embed: async (batch) => {
          under += 1;
          most = Math.max(most, under);
          await new Promise((resolve) => setImmediate(resolve));
          const rows = await embedder.embed(batch);
          under -= 1;
          return rows;
        },
      };
    });
    expect(count).toBe(texts);
    expect(most).toBe(8);
    expect(catalog.vectors(build).missing()).toBe(0);
    expect(new Set(model.embedded).size).toBe(texts);
  });

  test("ends with the first failure of the model, and keeps what was embedded before", async () => {
    const model = standInModel();
    let calls = 0;
    const open = async (): Promise<Awaited<ReturnType<typeof model.open>>> => {
      const embedder = await model.open();
      return {
        ...embedder,
        embed: (batch) => {
          calls += 1;
          return calls === 10 ? Promise.reject(new Error("no memory")) : embedder.embed(batch);
        },
      };
    };
    await expect(embedMissing(catalog, build, open)).rejects.toThrow("no memory");
    expect(catalog.vectors(build).missing()).toBe(texts - model.embedded.length);
    expect(model.embedded.length).toBeGreaterThan(80);
  });

  test("opens no model when nothing is missing", async () => {
    const model = standInModel();
    await embedMissing(catalog, build, model.open);
    expect(await embedMissing(catalog, build, model.open)).toBe(0);
    expect(model.opened()).toBe(1);
  });
});
