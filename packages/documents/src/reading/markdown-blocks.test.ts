import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { markdownish } from "../../test/markdownish.ts";
import type { Block } from "./block.ts";
import { markdownBlocks } from "./markdown-blocks.ts";

function headings(text: string): readonly string[] {
  return markdownBlocks(text).flatMap(({ level, title }) =>
    level > 0 ? [`${level} ${title}`] : [],
  );
}

function kinds(text: string): readonly Block["kind"][] {
  return markdownBlocks(text).map(({ kind }) => kind);
}

describe("headings", () => {
  test("are ATX and setext ones", () => {
    const text =
      "# One\n## Two ##\n   ### Three\n#\tTab\nFour\n====\nFive\nmore\n---\n####### no\n#no\n";
    expect(headings(text)).toEqual(["1 One", "2 Two", "3 Three", "1 Tab", "1 Four", "2 Five more"]);
  });

  test("lose their markup", () => {
    const text =
      "# **Use** [`it`](http://x) <b>now</b> {#id}\n## snake_case_name and *this* `a*b`\n";
    expect(headings(text)).toEqual(["1 Use it now", "2 snake_case_name and this a*b"]);
  });

  test("are not looked for in fences, comments, raw HTML and indented code", () => {
    const text = [
      "```sh\n# one\n```",
      "~~~\n# two\n```\n# three\n~~~",
      "````md\n```\n# four\n```\n````",
      "<!--\n# five\n-->",
      "<!-- one line -->\n# Real",
      "<pre>\n# six\n</pre>",
      "<script>\n\n# seven\n</SCRIPT>",
      "    # eight",
      "> # nine",
    ].join("\n\n");
    expect(headings(text)).toEqual(["1 Real"]);
  });

  test("are not looked for in fences of list items", () => {
    const text =
      "1. Run:\n\n   ```sh\n   # a\n   ```\n\n   - deeper\n\n     ```\n# b\n     ```\n- ```\n  # c\n  ```\n# Real\n";
    expect(headings(text)).toEqual(["1 Real"]);
  });

  test("a fence that is never closed runs to the end, as CommonMark has it", () => {
    expect(kinds("text\n\n```\n# a\n\n# b\n")).toEqual(["paragraph", "code"]);
  });

  test("dashes under a list, a table or nothing are no heading", () => {
    expect(headings("- item\n---\n\n| a |\n---\n\n---\n")).toEqual([]);
  });

  test("read the same with CRLF", () => {
    const text = "# One\n\ntext\n\nTwo\n---\n\n```\n# no\n```\n";
    expect(headings(text.replaceAll("\n", "\r\n"))).toEqual(headings(text));
  });
});

describe("blocks", () => {
  test("are what their first line says", () => {
    const text =
      "para\nmore\n- a\n  more\n- b\n\n| a | b |\n|---|---|\n\n    code\n\n<!-- c -->\n```\nx\n```\n";
    expect(kinds(text)).toEqual(["paragraph", "list", "table", "code", "html", "code"]);
  });

  test("cover everything but white space, in order, from line start to line end", () => {
    fc.assert(
      fc.property(markdownish, (text) => {
        let at = 0;
        for (const { start, end } of markdownBlocks(text)) {
          expect(text.slice(at, start).trim()).toBe("");
          expect(start === 0 || text[start - 1] === "\n").toBe(true);
          expect(text.slice(end)).toMatch(/^\r?(?:\n|$)/u);
          expect(end).toBeGreaterThan(start);
          at = end;
        }
        expect(text.slice(at).trim()).toBe("");
      }),
    );
  });

  test("lines of a megabyte and a hundred thousand openings cost no more than their length", () => {
    const text = [
      "[".repeat(500_000),
      `# ${"*".repeat(500_000)}`,
      "<!--\n".repeat(50_000),
      "```\n".repeat(50_001),
      "- ".repeat(250_000),
      `# a${" ".repeat(1900)}x\n`.repeat(500),
      `# ${"[".repeat(1900)}\n`.repeat(500),
    ].join("\n\n");
    expect(markdownBlocks(text).length).toBeGreaterThan(1);
  });
});
