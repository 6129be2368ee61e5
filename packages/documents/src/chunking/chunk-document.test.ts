import { createHash } from "node:crypto";

import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { markdownish } from "../../test/markdownish.ts";
import { embeddingInput } from "../chunk.ts";
import type { Chunk } from "../chunk.ts";
import type { Document } from "../document.ts";
import { readDocument } from "../reading/read-document.ts";
import { chunkDocument } from "./chunk-document.ts";

/** Near to WordPiece: pieces of up to four letters, every other character a token. */
function countTokens(text: string): number {
  return text.match(/[\p{L}\p{N}\p{M}]{1,4}|[^\s\p{L}\p{N}\p{M}]/gu)?.length ?? 0;
}

/** As the reference does it: one unknown token for a word of more than a hundred characters. */
function countLikeReference(text: string): number {
  return text
    .split(/\s+/u)
    .reduce((sum, word) => sum + (word.length > 100 ? 1 : countTokens(word)), 2);
}

function read(text: string, path = "a.md"): Document {
  const { document } = readDocument(path, Buffer.from(text));
  if (document === undefined) {
    throw new Error("expected a document");
  }
  return document;
}

function chunk(text: string, maxTokens = 256, path = "a.md"): readonly Chunk[] {
  return chunkDocument(read(text, path), { countTokens, maxTokens });
}

const sentences = (count: number): string =>
  Array.from(
    { length: count },
    (_, n) => `Sentence number ${n} says a little about the thing.`,
  ).join(" ");

describe("any document", () => {
  const document = fc.tuple(
    fc.constantFrom("", "\ufeff", "---\ntitle: Front 日本\nsummary: words of summary\n---\n"),
    fc.oneof(
      { weight: 4, arbitrary: markdownish },
      fc.string({ unit: "grapheme", maxLength: 2000 }),
    ),
    fc.constantFrom("a.md", "a.txt", "a.py"),
    fc.constantFrom(32, 48, 100, 256),
    fc.constantFrom(countTokens, countLikeReference),
  );

  test("is cut into exact ranges that hold every byte that is not white space once", () => {
    fc.assert(
      fc.property(document, ([front, text, path, maxTokens, count]) => {
        const source = read(front + text, path);
        const bytes = Buffer.from(source.bytes);
        let at = source.bodyStart;
        const chunks = chunkDocument(source, { countTokens: count, maxTokens });
        for (const [index, found] of chunks.entries()) {
          expect(found.ordinal).toBe(index);
          expect(bytes.toString("utf8", at, found.byteStart).trim()).toBe("");
          expect(found.text).toBe(bytes.toString("utf8", found.byteStart, found.byteEnd));
          expect(found.text.trim()).not.toBe("");
          expect(found.text).toBe(found.text.trimEnd());
          at = found.byteEnd;
        }
        expect(bytes.toString("utf8", at).trim()).toBe("");
      }),
      { numRuns: 300 },
    );
  });

  test("gives inputs within the budget, lines as sed counts them, and digests of the text", () => {
    fc.assert(
      fc.property(document, ([front, text, path, maxTokens, count]) => {
        const source = read(front + text, path);
        const file = Buffer.from(source.bytes);
        const special = count("");
        for (const found of chunkDocument(source, { countTokens: count, maxTokens })) {
          expect(count(embeddingInput(found)) - special + 2).toBeLessThanOrEqual(maxTokens);
          expect(found.lineStart).toBe(lineOf(file, found.byteStart));
          expect(found.lineEnd).toBe(lineOf(file, found.byteEnd - 1));
          expect(found.digest).toBe(
            `sha256:${createHash("sha256").update(found.text).digest("hex")}`,
          );
        }
      }),
      { numRuns: 300 },
    );
  });

  test("is never cut inside a grapheme", () => {
    const graphemes = new Intl.Segmenter("en", { granularity: "grapheme" });
    fc.assert(
      fc.property(markdownish, fc.constantFrom(32, 64), (text, maxTokens) => {
        const source = read(text, "a.txt");
        const body = Buffer.from(source.bytes).toString("utf8", source.bodyStart);
        const bounds = new Set([...graphemes.segment(body)].map(({ index }) => index)).add(
          body.length,
        );
        for (const found of chunkDocument(source, { countTokens, maxTokens })) {
          const start = Buffer.from(source.bytes).toString("utf8", 0, found.byteStart).length;
          expect(bounds.has(start)).toBe(true);
          expect(bounds.has(start + found.text.length)).toBe(true);
        }
      }),
    );
  });

  test("is cut the same way every time", () => {
    fc.assert(
      fc.property(document, ([front, text, path, maxTokens, count]) => {
        const cut = (): readonly Chunk[] =>
          chunkDocument(read(front + text, path), { countTokens: count, maxTokens });
        expect(cut()).toEqual(cut());
      }),
      { numRuns: 50 },
    );
  });

  function lineOf(file: Buffer, byte: number): number {
    return file.subarray(0, byte).filter((value) => value === 10).length + 1;
  }
});

describe("structure", () => {
  test("a short document is one chunk, whatever headings it has", () => {
    const chunks = chunk("# T\n\na\n\n## A\n\nb\n\n## B\n\nc\n\n# U\n\nd\n");
    expect(chunks).toHaveLength(1);
    expect(chunks[0]).toMatchObject({
      headings: ["T"],
      title: "T",
      context: "",
      lineStart: 1,
      lineEnd: 15,
    });
  });

  test("nothing comes of nothing", () => {
    expect(chunk("")).toEqual([]);
    expect(chunk("---\ntitle: a\n---\n \r\n\t\n")).toEqual([]);
  });

  test("sections begin chunks, with the trail of headings above them as context", () => {
    const text = `# Guide\n\n${sentences(15)}\n\n## Install\n\n${sentences(15)}\n\n### Linux\n\n${sentences(15)}\n`;
    const chunks = chunk(text);
    expect(chunks.map(({ text }) => text.slice(0, 10))).toEqual([
      "# Guide\n\nS",
      "## Install",
      "### Linux\n",
    ]);
    expect(chunks.map(({ headings }) => headings)).toEqual([
      ["Guide"],
      ["Guide", "Install"],
      ["Guide", "Install", "Linux"],
    ]);
    expect(chunks.map(({ context }) => context)).toEqual(["", "Guide", "Guide > Install"]);
  });

  test("small sections are packed with their neighbours", () => {
    const section = (n: number): string => `## Section ${n}\n\n${sentences(2)}\n\n`;
    const chunks = chunk(`# T\n\n${Array.from({ length: 20 }, (_, n) => section(n)).join("")}`);
    expect(chunks.length).toBeLessThan(8);
    for (const { text, headings } of chunks) {
      expect(text).toMatch(/^#/u);
      expect(headings).toEqual(["T"]);
    }
  });

  test("a long section is parted evenly at sentences, each part with its heading as context", () => {
    const chunks = chunk(`# T\n\n## S\n\n${sentences(40)}\n`);
    const lengths = chunks.map(({ text }) => text.length);
    expect(chunks.length).toBeGreaterThan(2);
    expect(Math.min(...lengths)).toBeGreaterThan(Math.max(...lengths) / 2);
    for (const { text, context, headings } of chunks.slice(1)) {
      expect(text).toMatch(/^Sentence .*\.$/su);
      expect([context, headings]).toEqual(["T > S", ["T", "S"]]);
    }
  });

  test("source code under a title is not shredded at its comments", () => {
    const lines = Array.from({ length: 60 }, (_, n) => `# step ${n}\nrun_step(${n}, retries=3)`);
    const chunks = chunk(`# deploy.py\n\n${lines.join("\n")}\n`);
    expect(chunks.length).toBeLessThan(9);
    for (const { text, title } of chunks) {
      expect(text.split("\n").length).toBeGreaterThan(8);
      expect(title).toBe("deploy.py");
    }
  });

  test("long code is cut at lines, before a function rather than inside it", () => {
    const body = (n: number): string =>
      `def function_${n}(value):\n${"    value = value * 2 + offset\n".repeat(12)}    return value\n`;
    const chunks = chunk(Array.from({ length: 12 }, (_, n) => body(n)).join("\n\n"), 256, "a.py");
    expect(chunks.length).toBeGreaterThan(4);
    for (const { text, context } of chunks) {
      expect(text).toMatch(/^def function/u);
      expect(context).toBe("a.py");
    }
  });

  test("a list is cut at its items", () => {
    const chunks = chunk(`# T\n\n${`- ${sentences(3)}\n  More of it.\n`.repeat(20)}`);
    expect(chunks.length).toBeGreaterThan(3);
    for (const { text } of chunks.slice(1)) {
      expect(text).toMatch(/^- Sentence/u);
    }
  });

  test("the summary stands in front of the first chunk only", () => {
    const chunks = chunk(`---\ntitle: T\nsummary: What it is about.\n---\n${sentences(40)}\n`);
    expect(chunks.map(({ context }) => context)).toEqual([
      "T\nWhat it is about.",
      "T",
      "T",
      ...chunks.slice(3).map(() => "T"),
    ]);
  });

  test("a title that the first heading repeats is said once", () => {
    const chunks = chunk(`---\ntitle: The Tool\n---\n# The tool\n\n${sentences(40)}\n`);
    expect(new Set(chunks.map(({ context }) => context))).toEqual(new Set(["", "The tool"]));
  });

  test("a document without a title has its headings in front, and its first section nothing", () => {
    const section = (name: string): string => `## ${name}\n\n${`About ${name}. `.repeat(60)}\n\n`;
    const chunks = chunk(`${section("horns")}${section("bells")}`.slice(10), 100, "0001234.md");
    expect(new Set(chunks.map(({ title }) => title))).toEqual(new Set([""]));
    expect(new Set(chunks.map(({ context }) => context))).toEqual(new Set(["", "bells"]));
    expect(chunks.map(embeddingInput).join("")).not.toContain("0001234");
  });

  test("a trail that is too long keeps title and innermost heading", () => {
    const long = (name: string): string => `${name} ${"very long heading ".repeat(9)}`.trim();
    const levels = ["A", "B", "C", "D"].map((name, n) => `${"#".repeat(n + 1)} ${long(name)}\n\n`);
    const chunks = chunk(`---\ntitle: T\n---\n${levels.join("")}${sentences(40)}\n`);
    expect(chunks.at(-1)?.context).toBe(`T > ${long("D")}`);
  });
});

describe("extremes", () => {
  test("one giant line is cut within bounded length, at white space where there is any", () => {
    const blob = chunkDocument(read("x".repeat(100_000), "a.txt"), {
      countTokens: countLikeReference,
      maxTokens: 256,
    });
    expect(blob.length).toBeGreaterThan(20);
    expect(Math.max(...blob.map(({ text }) => text.length))).toBeLessThanOrEqual(4096);
    const words = chunk("word ".repeat(20_000), 256, "a.txt");
    expect(words.every(({ text }) => /^word( word)*$/u.test(text))).toBe(true);
  });

  test("drawn lines do not eat the budget", () => {
    const row = `|${"-".repeat(300)}|${"-".repeat(300)}|\n`;
    const chunks = chunk(`# T\n\n| a | b |\n${row}| c | d |\n`);
    expect(chunks).toHaveLength(1);
    expect(chunks[0]?.text).toContain("-".repeat(300));
    expect(embeddingInput(chunks[0] ?? { text: "", context: "" })).toContain("|---|---|\n");
  });

  test("deep emphasis, many headings and a million short lines end", () => {
    expect(chunk("# a\n".repeat(50_000)).length).toBeGreaterThan(100);
    expect(chunk("x\n\n".repeat(100_000)).length).toBeGreaterThan(100);
    expect(chunk("\u200b\n".repeat(100_000)).length).toBeGreaterThan(1);
    expect(chunk("a\u0301".repeat(100_000)).length).toBeGreaterThan(100);
  });

  test("a budget that holds nothing is refused", () => {
    expect(() => chunk("a", 31)).toThrow(
      expect.objectContaining({ code: "DOCUMENT_BUDGET" }) as Error,
    );
  });
});
