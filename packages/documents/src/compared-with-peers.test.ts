import { readFileSync } from "node:fs";

import { afterAll, describe, expect, test } from "vitest";

import { chunkDocument, embeddingInput, openDocumentReader } from "./index.ts";
import type { Chunk } from "./index.ts";

// Named after the rows of the table of features that tools of this kind are compared by.

const reader = openDocumentReader();
afterAll(() => reader.close());

const budget = { countTokens: (text: string) => text.split(/\s+/u).length, maxTokens: 64 };

async function chunksOf(name: string, text?: string): Promise<readonly Chunk[]> {
  const fixture = new URL(`../../../fixtures/formats/${name}`, import.meta.url);
  const bytes = text === undefined ? readFileSync(fixture) : Buffer.from(text);
  const { document, findings } = await reader.read(name, bytes);
  expect(findings).toEqual([]);
  return document === undefined ? [] : chunkDocument(document, budget);
}

describe("files that are read", () => {
  test("Markdown / text", async () => {
    const [markdown] = await chunksOf("a.md", "# Title\n\nText.\n");
    const [text] = await chunksOf("notes.txt");
    expect(markdown?.headings).toEqual(["Title"]);
    expect(text).toMatchObject({ byteStart: 0, lineStart: 1 });
  });

  test("PDF / DOCX / HTML", async () => {
    for (const [name, unit] of [
      ["report.pdf", "page"],
      ["report.docx", "paragraph"],
      ["page.html", "line"],
    ] as const) {
      const chunks = await chunksOf(name);
      expect(chunks.map(({ locator }) => locator?.unit)).toEqual(chunks.map(() => unit));
    }
  });

  test("Citation path + line range", async () => {
    const file = readFileSync(new URL("../../../fixtures/formats/code.py", import.meta.url));
    const lines = file.toString("utf8").split("\n");
    for (const { text, byteStart, byteEnd, lineStart, lineEnd } of await chunksOf("code.py")) {
      expect(file.toString("utf8", byteStart, byteEnd)).toBe(text);
      expect(
        lines
          .slice(lineStart - 1, lineEnd)
          .join("\n")
          .trim(),
      ).toBe(text.trim());
    }
  });
});

describe("how files are cut", () => {
  test("Heading/AST-aware chunking", async () => {
    const trails = (await chunksOf("code.py")).map((chunk) => chunk.headings);
    expect(trails).toContainEqual([
      "def is_stuck(readings: list[Reading], count: int = 3) -> bool",
    ]);
    const headings = (await chunksOf("report.docx")).map((chunk) => chunk.headings);
    expect(headings).toContainEqual(["Water"]);
  });

  test("Frontmatter as metadata, not as vectors", async () => {
    const text =
      "---\ntitle: Tide\ntags: [harbour]\nowner: nobody-in-particular\n---\nHigh water.\n";
    const { document } = await reader.read("a.md", Buffer.from(text));
    const chunks = document === undefined ? [] : chunkDocument(document, budget);
    expect(document?.metadata).toEqual({ tags: ["harbour"], owner: "nobody-in-particular" });
    expect(chunks.map(embeddingInput)).toEqual(["Tide\nHigh water."]);
  });
});
