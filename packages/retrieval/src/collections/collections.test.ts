import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { collectionsFile, readCollections } from "./read-collections.ts";
import { addCollection, removeCollection } from "./write-collections.ts";

let registry: string;
beforeEach(() => {
  registry = path.join(mkdtempSync(path.join(tmpdir(), "clawkeep-names-")), "indexes");
});
afterEach(() => rmSync(path.dirname(registry), { recursive: true, force: true }));

const coded = (code: string): unknown => expect.objectContaining({ code });

describe("the names of collections", () => {
  test("are kept in order, replaced, and taken away", async () => {
    expect(readCollections(registry)).toEqual(new Map());
    await addCollection(registry, "wiki", { index: "/w/index", scopes: [] });
    await addCollection(registry, "notes", { index: "/n/old", scopes: [] });
    await addCollection(registry, "notes", { index: "/n/index", scopes: ["ops", "docs/a.md"] });
    expect([...readCollections(registry)]).toEqual([
      ["notes", { index: "/n/index", scopes: ["ops", "docs/a.md"] }],
      ["wiki", { index: "/w/index", scopes: [] }],
    ]);
    expect(statSync(collectionsFile(registry)).mode & 0o777).toBe(0o600);
    expect(await removeCollection(registry, "wiki")).toBe(true);
    expect(await removeCollection(registry, "wiki")).toBe(false);
    expect([...readCollections(registry).keys()]).toEqual(["notes"]);
  });

  test("are all kept when several are added at once", async () => {
    const names = Array.from({ length: 8 }, (_, n) => `c${n}`);
    await Promise.all(
      names.map((name) => addCollection(registry, name, { index: `/${name}`, scopes: [] })),
    );
    expect([...readCollections(registry).keys()]).toEqual(names);
  });

  test.each(["", "A", "-a", "a/b", "..", "a\u202e", "x".repeat(65)])("are not %j", async (name) => {
    await expect(addCollection(registry, name, { index: "/a", scopes: [] })).rejects.toThrow(
      coded("COLLECTION_NAME"),
    );
  });

  test.each([
    "{",
    "[]",
    '{"format":2,"collections":{}}',
    '{"format":1,"collections":{"A":{"index":"/a","scopes":[]}}}',
    '{"format":1,"collections":{"a":{"index":"a","scopes":[]}}}',
    '{"format":1,"collections":{"a":{"index":"/a","scopes":[1]}}}',
  ])("are refused as %s", (text) => {
    mkdirSync(registry, { recursive: true });
    writeFileSync(collectionsFile(registry), text);
    expect(() => readCollections(registry)).toThrow(coded("COLLECTIONS_READ"));
  });
});
