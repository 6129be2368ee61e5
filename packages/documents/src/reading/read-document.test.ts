import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { markdownish } from "../../test/markdownish.ts";
import { readDocument } from "./read-document.ts";

function read(
  path: string,
  text: string,
): NonNullable<ReturnType<typeof readDocument>["document"]> {
  const { document } = readDocument(path, Buffer.from(text));
  if (document === undefined) {
    throw new Error("expected a document");
  }
  return document;
}

describe("titles", () => {
  test.each([
    ["a.md", "---\ntitle: Front\n---\n# Heading\n", "Front"],
    ["a.md", "intro\n\n# Heading\n", "Heading"],
    ["a.md", "## First\n\ntext\n\n# Later\n", "Later"],
    ["a.md", "## Only\n\ntext\n", "Only"],
    ["a.md", "text\n\n## Below\n", "a"],
    ["a.md", '<h1 align="center"><img src="x"> The <b>Tool</b></h1>\n\n# Other\n', "The Tool"],
    ["a.md", "```\n# no\n```\n", "a"],
    ["p/README.md", "text", "p/README"],
    ["README.md", "text", "README"],
    ["src/auth/login.ts", "// x", "auth/login.ts"],
    ["notes/plan.txt", "Plan\n", "plan.txt"],
    ["x/.md", "text", ".md"],
    ["0001234.md", "text", ""],
    ["0001234.md", "# Heading\n", "Heading"],
    ["mails/0001234.txt", "text", ""],
    ["data/17.json", "[]", ""],
    ["memory/2026-09-06.md", "text", "2026-09-06"],
    ["report-2026.md", "text", "report-2026"],
    ["日記.md", "text", "日記"],
  ])("of %s with %j is %j", (path, text, title) => {
    expect(read(path, text).title).toBe(title);
  });
});

describe("kinds", () => {
  test.each([
    ["a.md", "markdown", undefined],
    ["A.MD", "markdown", undefined],
    ["a.mdx", "markdown", undefined],
    ["a.ts", "code", "typescript"],
    ["a.py", "code", "python"],
    ["Dockerfile", "code", "dockerfile"],
    ["a.json", "data", "json"],
    ["a.txt", "text", undefined],
    ["LICENSE", "text", undefined],
    ["a.unknown", "text", undefined],
  ])("%s is %s", (path, kind, language) => {
    const document = read(path, "x");
    expect([document.kind, document.language]).toEqual([kind, language]);
  });

  test("front matter is looked for in Markdown only", () => {
    const text = "---\ntitle: a\n---\n";
    expect(read("a.md", text).bodyStart).toBe(text.length);
    expect(read("a.yaml", text).bodyStart).toBe(0);
  });
});

describe("bytes", () => {
  test("the body starts behind a byte order mark and front matter, in bytes", () => {
    const front = "\ufeff---\r\ntitle: é\r\n---\r\n";
    const document = read("a.md", `${front}# H\r\n`);
    expect(document.title).toBe("é");
    expect(document.bodyStart).toBe(Buffer.byteLength(front));
  });

  test("what is not text gives a finding and no document", () => {
    const { document, findings } = readDocument("a.md", Buffer.from([0x61, 0xff]));
    expect(document).toBeUndefined();
    expect(findings).toMatchObject([{ code: "DOCUMENT_NOT_UTF8" }]);
  });

  test("bad front matter gives a finding and a document without it", () => {
    const { document, findings } = readDocument("a.md", Buffer.from("---\na: 1\na: 2\n---\n# T\n"));
    expect(document).toMatchObject({ title: "T", metadata: {}, bodyStart: 18 });
    expect(findings).toMatchObject([{ code: "DOCUMENT_FRONT_MATTER", line: 3 }]);
  });

  test("white space alone is a note", () => {
    const { findings } = readDocument("a.md", Buffer.from("---\na: 1\n---\n \n"));
    expect(findings).toMatchObject([{ code: "DOCUMENT_EMPTY", severity: "note" }]);
  });

  test("any text is read, with one line of title and a body inside the file", () => {
    fc.assert(
      fc.property(markdownish, (text) => {
        const document = read("a.md", text);
        expect(document.title).toMatch(/^\S(?:.*\S)?$/u);
        expect(document.bodyStart).toBeLessThanOrEqual(document.bytes.length);
      }),
    );
  });
});
