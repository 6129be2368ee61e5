import { mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";

import { digestBytes } from "@clawkeep/integrity";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

import type { CatalogDocument } from "./catalog-document.ts";
import { openCatalog } from "./catalog.ts";
import { digestOfBlob } from "./vector-cache.ts";

let folder: string;
let file: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "clawkeep-catalog-"));
  file = path.join(folder, "catalog.sqlite");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function documentOf(name: string, text: string): CatalogDocument {
  const digest = digestBytes(text);
  return {
    path: name,
    digest,
    size: text.length,
    title: "Title",
    hint: "1:2:3",
    indexed: true,
    facts: '{"kind":"text","metadata":{}}',
    findings: [{ code: "DOCUMENT_X", severity: "warning", message: "m", file: name }],
    chunks: [
      {
        ordinal: 0,
        text,
        byteStart: 0,
        byteEnd: text.length,
        lineStart: 1,
        lineEnd: 1,
        headings: ["A", "B"],
        title: "Title",
        context: "Title",
        digest,
        input: digestBytes(`input of ${text}`),
        tokens: text.length,
      },
    ],
  };
}

const build = { space: "s", build: "b", dimensions: 2 };

describe("the catalog", () => {
  test("gives back documents, chunks, vectors and facts as they were put in", () => {
    const document = documentOf("ä/naïve 🦀.md", "text");
    {
      using catalog = openCatalog(file, { create: true });
      catalog.transaction(() => {
        catalog.putDocument(document);
        catalog.setFact("indexId", "one");
        catalog.vectors(build).put(document.digest, Float32Array.of(0.25, -1));
      });
    }
    using catalog = openCatalog(file);
    const { chunks, ...rest } = document;
    expect(catalog.documents()).toEqual(new Map([[document.path, rest]]));
    expect([...catalog.indexed()]).toEqual([document]);
    expect([...catalog.bodies()]).toEqual(chunks.map(({ text }) => text));
    expect([...catalog.inputs()].map(digestOfBlob)).toEqual(chunks.map(({ input }) => input));
    expect(catalog.totals()).toEqual({ documents: 1, chunks: 1 });
    expect(catalog.vectors(build).get(document.digest)).toEqual(Float32Array.of(0.25, -1));
    expect(catalog.fact("indexId")).toBe("one");
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  test("never gives a vector of another space, build or length", () => {
    using catalog = openCatalog(file, { create: true });
    const key = digestBytes("x");
    catalog.transaction(() => catalog.vectors(build).put(key, Float32Array.of(1, 0)));
    expect(catalog.vectors({ ...build, space: "t" }).get(key)).toBeUndefined();
    expect(catalog.vectors({ ...build, build: "c" }).get(key)).toBeUndefined();
    expect(catalog.vectors({ ...build, dimensions: 3 }).get(key)).toBeUndefined();
    expect(catalog.vectors(build).get(digestBytes("y"))).toBeUndefined();
  });

  test("keeps no byte of what was removed", () => {
    using catalog = openCatalog(file, { create: true });
    const document = documentOf("gone.md", "the canary sings");
    catalog.transaction(() => {
      catalog.putDocument(document);
      catalog.putDocument(documentOf("kept.md", "another text"));
      for (const { input } of [
        document.chunks,
        documentOf("kept.md", "another text").chunks,
      ].flat()) {
        catalog.vectors(build).put(input, Float32Array.of(7, 7));
      }
    });
    expect(readFileSync(file).includes("canary")).toBe(true);
    catalog.transaction(() => {
      catalog.removeDocument("gone.md");
      catalog.pruneVectors(build);
    });
    expect(readFileSync(file).includes("canary")).toBe(false);
    expect(catalog.vectors(build).get(digestBytes("input of the canary sings"))).toBeUndefined();
    expect(catalog.vectors(build).get(digestBytes("input of another text"))).toBeDefined();
  });

  test("takes all of a transaction or nothing", () => {
    using catalog = openCatalog(file, { create: true });
    expect(() =>
      catalog.transaction(() => {
        catalog.setFact("indexId", "half");
        throw new Error("stop");
      }),
    ).toThrow("stop");
    expect(catalog.fact("indexId")).toBeUndefined();
  });

  test("read-only changes nothing", () => {
    openCatalog(file, { create: true }).close();
    using catalog = openCatalog(file, { readOnly: true });
    expect(() => catalog.transaction(() => catalog.setFact("job", "x"))).toThrow(
      expect.objectContaining({ code: "CATALOG_WRITE" }),
    );
  });
});

describe("the work that a catalog has", () => {
  test("is each text without a vector once, longest first, page by page", () => {
    using catalog = openCatalog(file, { create: true });
    const texts = ["a", "bb", "bb", "cccc", "ddd", "eeeeee"];
    catalog.transaction(() => {
      texts.forEach((text, index) => catalog.putDocument(documentOf(`${index}.md`, text)));
      catalog.vectors(build).put(digestBytes("input of ddd"), Float32Array.of(1, 0));
      catalog
        .vectors({ ...build, build: "c" })
        .put(digestBytes("input of a"), Float32Array.of(1, 0));
      catalog
        .vectors({ ...build, dimensions: 3 })
        .put(digestBytes("input of bb"), new Float32Array(3));
    });
    const vectors = catalog.vectors(build);
    expect(vectors.missing()).toBe(4);
    const found: string[] = [];
    for (
      let page = vectors.work(undefined, 2);
      page.length > 0;
      page = vectors.work(page.at(-1), 2)
    ) {
      found.push(...page.map(({ text }) => text));
      catalog.transaction(() => {
        page.forEach(({ input }) => vectors.put(input, Float32Array.of(1, 0)));
      });
    }
    expect(found).toEqual(["eeeeee", "cccc", "bb", "a"]);
    expect(vectors.missing()).toBe(0);
  });

  test.each(["1", "2"])(
    "is all of it again for a catalog of format %s, whose vectors are kept",
    (format) => {
      const document = documentOf("a.md", "text");
      {
        using catalog = openCatalog(file, { create: true });
        catalog.transaction(() => {
          catalog.putDocument(document);
          catalog.setFact("indexId", "one");
          catalog.vectors(build).put(digestBytes("input of text"), Float32Array.of(1, 0));
        });
      }
      const database = new DatabaseSync(file);
      database.exec("ALTER TABLE documents DROP COLUMN facts");
      if (format === "1") {
        database.exec("DROP INDEX chunks_by_work");
        database.exec("ALTER TABLE chunks DROP COLUMN tokens");
      }
      database.prepare("UPDATE facts SET value = ? WHERE name = 'format'").run(format);
      database.close();
      expect(() => openCatalog(file, { readOnly: true })).toThrow(
        expect.objectContaining({ code: "CATALOG_FOREIGN" }),
      );
      using catalog = openCatalog(file, { create: true });
      expect(catalog.documents().size).toBe(0);
      expect(catalog.fact("indexId")).toBe("one");
      expect(catalog.fact("job")).toBeDefined();
      catalog.transaction(() => catalog.putDocument(document));
      expect(catalog.vectors(build).missing()).toBe(0);
    },
  );
});

describe("a catalog that somebody else made", () => {
  test.each([
    "CREATE TRIGGER t AFTER INSERT ON facts BEGIN DELETE FROM documents; END",
    "CREATE VIEW v AS SELECT * FROM facts",
    "CREATE VIRTUAL TABLE f USING fts5(x)",
    "ALTER TABLE facts ADD COLUMN more TEXT",
    "DROP TABLE vectors",
  ])("is refused after %s", (statement) => {
    openCatalog(file, { create: true }).close();
    const database = new DatabaseSync(file);
    database.exec(statement);
    database.close();
    expect(() => openCatalog(file, { create: true })).toThrow(
      expect.objectContaining({ code: "CATALOG_FOREIGN" }),
    );
  });

  test("of another format, or with rows of another shape, is refused", () => {
    {
      using catalog = openCatalog(file, { create: true });
      catalog.transaction(() => catalog.putDocument(documentOf("a.md", "a")));
    }
    const database = new DatabaseSync(file);
    database.exec("UPDATE documents SET digest = 'md5'");
    {
      using catalog = openCatalog(file);
      expect(() => catalog.documents()).toThrow(
        expect.objectContaining({ code: "CATALOG_CORRUPT" }),
      );
    }
    database.exec("UPDATE facts SET value = '99' WHERE name = 'format'");
    database.close();
    expect(() => openCatalog(file)).toThrow(expect.objectContaining({ code: "CATALOG_FORMAT" }));
  });

  test("that is no database, or was cut short, is refused", () => {
    writeFileSync(file, "this is no database, and long enough to have a header ".repeat(20));
    expect(() => openCatalog(file, { create: true })).toThrow(
      expect.objectContaining({ code: "CATALOG_CORRUPT" }),
    );
    rmSync(file);
    {
      using catalog = openCatalog(file, { create: true });
      catalog.transaction(() => catalog.putDocument(documentOf("a.md", "a".repeat(20_000))));
    }
    truncateSync(file, 12_288);
    expect(() => openCatalog(file)).toThrow(
      expect.objectContaining({ code: expect.stringMatching(/^CATALOG_/u) }),
    );
  });
});
