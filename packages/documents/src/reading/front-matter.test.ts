import fc from "fast-check";
import matter from "gray-matter";
import { describe, expect, test } from "vitest";

import { findFrontMatter } from "./front-matter-block.ts";
import { maxFrontMatterLength, readFrontMatter } from "./front-matter-fields.ts";

function read(raw: string, language = "yaml"): ReturnType<typeof readFrontMatter> {
  return readFrontMatter("a.md", { language, raw, end: 0 });
}

describe("the block", () => {
  test.each([
    ["---\ntitle: a\n---\nbody", "title: a\n", "body"],
    ["---\r\ntitle: a\r\n---\r\nbody", "title: a\r\n", "body"],
    ["---\n---\nbody", "", "body"],
    ["---\ntitle: a\n---", "title: a\n", ""],
    [
      "---\n# comment\n\n'quoted key': 1\n---  \n\nbody",
      "# comment\n\n'quoted key': 1\n",
      "\nbody",
    ],
    ["---yaml\na: 1\n---\nb", "a: 1\n", "b"],
    ["---\na: 1\n----\nb: 2\n---\nc", "a: 1\n----\nb: 2\n", "c"],
  ])("%j is split off", (text, raw, body) => {
    const block = findFrontMatter(text);
    expect(block?.raw).toBe(raw);
    expect(text.slice(block?.end)).toBe(body);
  });

  test.each([
    "---\ntitle: a\nno closing line\n",
    "---\nA paragraph between two rules.\n---\nmore",
    "----\ntitle: a\n----\n",
    "text\n---\na: 1\n---\n",
    " ---\na: 1\n---\n",
    "--- js\na: 1\n---\n",
  ])("%j has none", (text) => {
    expect(findFrontMatter(text)).toBeUndefined();
  });

  test("other languages are named, for the finding", () => {
    expect(findFrontMatter("---js\nx\n---\n")?.language).toBe("js");
    expect(findFrontMatter("+++\na = 1\n+++\nb")?.language).toBe("toml");
  });

  test("is where gray-matter sees it, for fields with a closing line", () => {
    const field = fc.tuple(
      fc.stringMatching(/^[a-z]{1,8}$/u),
      fc.stringMatching(/^[a-z ]{0,12}$/u),
    );
    const fields = fc.uniqueArray(field, { minLength: 1, maxLength: 5, selector: ([key]) => key });
    fc.assert(
      fc.property(fields, fc.string(), fc.constantFrom("\n", "\r\n"), (entries, body, newline) => {
        const lines = ["---", ...entries.map(([key, value]) => `k${key}: "${value}"`), "---", body];
        const text = lines.join(newline);
        const block = findFrontMatter(text);
        const theirs = matter(text, { engines: { yaml: () => ({}) } });
        expect(text.slice(block?.end)).toBe(theirs.content);
        expect(block?.raw.trim()).toBe(theirs.matter.trim());
      }),
    );
  });
});

describe("the fields", () => {
  test("title and summary are taken out, other scalars and flat lists are kept", () => {
    const { fields, findings } = read(
      "title: '  A\n  title '\ndescription: d\nsummary: s\ntags: [a, b]\nn: 1\nyes: true\nnested: {a: 1}\nlist: [[1]]\nbig: 123456789012345678901\nday: 2026-01-02\nnothing:\n__proto__: p\n",
    );
    expect(findings).toEqual([]);
    expect(fields.title).toBe("A title");
    expect(fields.summary).toBe("s");
    expect(fields.metadata).toEqual(
      Object.fromEntries([
        ["description", "d"],
        ["tags", ["a", "b"]],
        ["n", 1],
        ["yes", true],
        ["big", "123456789012345678901"],
        ["day", "2026-01-02"],
        ["__proto__", "p"],
      ]),
    );
  });

  test("description stands in for a summary", () => {
    expect(read("description: d\n").fields).toEqual({ summary: "d", metadata: {} });
  });

  test.each([
    ["a duplicate key", "a: 1\na: 2\n", 3],
    ["an alias", "a: &x 1\nb: *x\n", 1],
    ["a tag", "a: !!js/function 'x'\n", 2],
    ["broken YAML", "a: [1\nb: 2\n", 3],
    ["a merge key with an alias", "a: &x {b: 1}\n<<: *x\n", 1],
    ["a list", "- a: 1\n", 1],
    ["deep flow", `a: ${"[".repeat(5000)}${"]".repeat(5000)}\n`, 1],
    ["deep dashes", `a:\n ${"- ".repeat(10_000)}x\n`, 1],
    ["deep indentation", Array.from({ length: 80 }, (_, n) => `${" ".repeat(n)}a:\n`).join(""), 1],
    ["deep pairs", `a: {${"b: {".repeat(20)}${"}".repeat(20)}}\n`, 1],
    ["too much", `a: ${"x".repeat(maxFrontMatterLength)}\n`, 1],
  ])("%s is a finding and no field is used", (_name, raw, line) => {
    const { fields, findings } = read(raw);
    expect(fields).toEqual({ metadata: {} });
    expect(findings.length).toBeGreaterThan(0);
    expect(findings[0]).toMatchObject({ code: "DOCUMENT_FRONT_MATTER", file: "a.md", line });
  });

  test("a bomb of aliases is refused without being unfolded", () => {
    const levels = Array.from({ length: 30 }, (_, n) => `k${n + 1}: &a${n + 1} [*a${n}, *a${n}]\n`);
    expect(read(`k0: &a0 x\n${levels.join("")}`).findings).toHaveLength(1);
  });

  test("code is never evaluated", () => {
    const { findings } = read("globalThis.canary = 1", "js");
    expect(findings).toHaveLength(1);
    expect(globalThis).not.toHaveProperty("canary");
  });

  test("whatever the block holds, it gives fields or findings and never throws", () => {
    const yamlish = fc.string({
      unit: fc.constantFrom(...Array.from("ab:-[]{}&*!|>#'\"? \n\t%@,")),
    });
    fc.assert(
      fc.property(yamlish, (raw) => {
        const { fields } = read(raw);
        expect(JSON.stringify(fields.metadata)).toEqual(expect.any(String));
      }),
      { numRuns: 300 },
    );
  });
});
