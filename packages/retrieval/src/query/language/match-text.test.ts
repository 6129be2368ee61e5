import path from "node:path";

import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { holdsExactly, holdsPhrase, pathMatcher } from "./match-text.ts";

describe("a phrase", () => {
  test("stands in a text whatever the case, the accents, and what is between its words", () => {
    expect(holdsPhrase("Start the **Fog\n  signal**!", "fog signal")).toBe(true);
    expect(holdsPhrase("Crème brûlée", "creme brulee")).toBe(true);
    expect(holdsPhrase("foggy signals", "fog signal")).toBe(false);
    expect(holdsPhrase("the fog of a signal", "fog signal")).toBe(false);
    expect(holdsPhrase("灯台の霧笛", "霧笛")).toBe(true);
    expect(holdsPhrase("", "fog")).toBe(false);
  });
});

describe("an exact name", () => {
  test("is found as it is spelled, and not inside a longer one", () => {
    expect(holdsExactly("call rotateLens(20)", "rotateLens")).toBe(true);
    expect(holdsExactly("call rotateLenses(20)", "rotateLens")).toBe(false);
    expect(holdsExactly("rotateLensX rotateLens", "rotateLens")).toBe(true);
    expect(holdsExactly("call rotatelens(20)", "rotateLens")).toBe(false);
    expect(holdsExactly("git commit --amend", "--amend")).toBe(true);
    expect(holdsExactly("a::b", "a::b")).toBe(true);
  });
});

describe("a path pattern", () => {
  test("without wildcards is a part of the path", () => {
    expect(pathMatcher("Docs/")("site/docs/a.md")).toBe(true);
    expect(pathMatcher("docs/")("docs.md")).toBe(false);
  });

  test("with wildcards is the whole path", () => {
    expect(pathMatcher("docs/*.md")("docs/a.md")).toBe(true);
    expect(pathMatcher("docs/*.md")("docs/b/a.md")).toBe(false);
    expect(pathMatcher("docs/**")("docs/b/a.md")).toBe(true);
    expect(pathMatcher("**/a.md")("docs/b/a.md")).toBe(true);
    expect(pathMatcher("**/a.md")("a.md")).toBe(true);
    expect(pathMatcher("**/a.md")("docs/ba.md")).toBe(false);
    expect(pathMatcher("docs/?.md")("docs/ab.md")).toBe(false);
  });

  test("means what Node's matcher means, for plain names", () => {
    const name = fc.stringMatching(/^[ab]{1,2}$/u);
    const paths = fc.array(name, { minLength: 1, maxLength: 4 }).map((parts) => parts.join("/"));
    const part = fc.constantFrom("a", "b", "*", "?", "a*", "*b", "**", "a?");
    const patterns = fc
      .array(part, { minLength: 1, maxLength: 4 })
      .map((parts) => parts.join("/"))
      .filter((pattern) => /[*?]/u.test(pattern));
    fc.assert(
      fc.property(paths, patterns, (file, pattern) => {
        // A last `**` stands for the folder itself too in Node; no file has a folder's name here.
        fc.pre(!pattern.endsWith("/**") || !path.posix.matchesGlob(file, pattern.slice(0, -3)));
        expect([file, pattern, pathMatcher(pattern)(file)]).toEqual([
          file,
          pattern,
          path.posix.matchesGlob(file, pattern),
        ]);
      }),
      { numRuns: 500 },
    );
  });

  test("that is hostile takes no time to speak of", () => {
    expect(pathMatcher("*a".repeat(200))(`${"a".repeat(1000)}b`)).toBe(false);
  });
});
