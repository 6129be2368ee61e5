import { fileURLToPath } from "node:url";

import { afterAll, describe, expect, test } from "vitest";

import type { DocumentReader } from "../index.ts";
import { chunkDocument, openDocumentReader } from "../index.ts";
import { parserOf } from "./code/load-grammar.ts";

const readers: DocumentReader[] = [];
afterAll(() => Promise.all(readers.map((reader) => reader.close())));

function misbehaving(options: object = {}): DocumentReader {
  const entry = fileURLToPath(new URL("../../test/children/misbehave.ts", import.meta.url));
  const reader = openDocumentReader({
    entry,
    timeoutMs: 10_000,
    replyBytes: 2_000_000,
    ...options,
  });
  readers.push(reader);
  return reader;
}

const page = (text: string): Uint8Array => Buffer.from(text);

describe("a file that does something to its reader", () => {
  test("costs one finding, and the next file is read by a new one", async () => {
    const reader = misbehaving();
    const codes: (string | undefined)[] = [];
    for (const order of ["die", "flood", "lie"]) {
      const { document, findings } = await reader.read(`${order}.html`, page(order));
      expect(document).toBeUndefined();
      codes.push(...findings.map(({ code }) => code));
      const next = await reader.read("good.html", page("all is well"));
      expect(next.findings).toEqual([]);
      expect(next.document?.title).toBe("good.html");
    }
    expect(codes).toEqual([
      "DOCUMENT_EXTRACTION_CRASH",
      "DOCUMENT_EXTRACTION_SIZE",
      "DOCUMENT_EXTRACTION_REPLY",
    ]);
  });

  test("costs one finding when it takes too long", async () => {
    const reader = misbehaving({ timeoutMs: 300 });
    const { findings } = await reader.read("sleep.html", page("sleep"));
    expect(findings).toMatchObject([{ code: "DOCUMENT_EXTRACTION_TIME", file: "sleep.html" }]);
  });

  test("costs one finding when it takes too much memory", async () => {
    const reader = misbehaving({ memoryBytes: 200 * 1024 ** 2 });
    const { findings } = await reader.read("grow.html", page("grow"));
    expect(findings).toMatchObject([{ code: "DOCUMENT_EXTRACTION_MEMORY" }]);
  });
});

describe("a reader that is not there", () => {
  test("leaves foreign files out with a finding each and reads the rest", async () => {
    const reader = misbehaving({ entry: fileURLToPath(new URL("./locator.ts", import.meta.url)) });
    const { findings } = await reader.read("a.html", page("<p>text"));
    expect(findings).toMatchObject([{ code: "DOCUMENT_EXTRACTOR_MISSING" }]);
    const { document } = await reader.read("a.md", page("# Title\n"));
    expect(document?.title).toBe("Title");
  });
});

describe("code without a grammar", () => {
  test("is cut by its lines, with a finding", async () => {
    const { document, findings } = await misbehaving().read("a.ts", page("refuse();\n\nmore();\n"));
    expect(findings).toMatchObject([{ code: "DOCUMENT_NO_GRAMMAR", severity: "note" }]);
    expect(document).toMatchObject({ kind: "code", language: "typescript" });
    expect(document?.blocks).toBeUndefined();
    await expect(parserOf("cobol")).rejects.toThrow("the grammar of cobol is not installed");
  });
});

describe("a file that is not what its name says", () => {
  test.each(["a.pdf", "a.docx", "a.epub"])("%s", async (path) => {
    const { document, findings } = await misbehaving().read(path, page("plain text"));
    expect(document).toBeUndefined();
    expect(findings).toMatchObject([{ code: "DOCUMENT_KIND_MISMATCH", file: path }]);
  });
});

describe("the text of a secret", () => {
  test("stays out of the index, whatever file it is in", async () => {
    const key = ["AKIA", "IOSFODNN7EXAMPLZ"].join("");
    const { document, findings } = await misbehaving().read("a.html", page(`the key is ${key}`));
    expect(document).toBeUndefined();
    expect(findings).toMatchObject([{ code: "DOCUMENT_SECRET_CONTENT" }]);
  });
});

describe("text", () => {
  test("is read without a child process", async () => {
    const reader = misbehaving();
    const { document } = await reader.read("notes.txt", page("One.\n\nTwo.\n"));
    expect(reader.level).toBeUndefined();
    const budget = { countTokens: (text: string) => text.split(/\s+/u).length, maxTokens: 64 };
    expect(document && chunkDocument(document, budget)).toHaveLength(1);
  });
});
