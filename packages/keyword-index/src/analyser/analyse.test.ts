import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { analyse } from "./analyse.ts";
import { splitIdentifier } from "./split-identifier.ts";

describe("an identifier gives itself and its parts", () => {
  test.each([
    ["getUserName", ["getusernam", "get", "user", "name"]],
    ["max_retry_count", ["max_retry_count", "max", "retri", "count"]],
    ["HTTPServer", ["httpserver", "http", "server"]],
    ["parseJSON2", ["parsejson2", "pars", "json", "2"]],
    ["x86_64", ["x86_64", "x", "86", "64"]],
    ["__init__", ["init"]],
    ["MAX_SIZE", ["max_size", "max", "size"]],
    ["Retry", ["retri"]],
    ["theSegment", ["theseg", "segment"]],
    ["ÜberGröße", ["ubergroße", "uber", "große"]],
  ])("%s", (text, expected) => {
    expect(analyse(text)).toEqual(expected);
  });
});

describe("text", () => {
  test("loses stop words and keeps what a question is about", () => {
    expect(analyse("What is the purpose of the retries, and how are they counted?")).toEqual([
      "purpos",
      "retri",
      "count",
    ]);
  });

  test("is the same with accents, ligatures, full width and composed forms folded", () => {
    expect(analyse("naïve café ﬁle ＦＵＬＬ")).toEqual(analyse("naive cafe file FULL"));
    expect(analyse("cafe\u0301")).toEqual(analyse("café"));
  });

  test("of unspaced scripts gives pairs, of a lone character itself", () => {
    expect(analyse("全文検索")).toEqual(["全文", "文検", "検索"]);
    expect(analyse("字")).toEqual(["字"]);
    expect(analyse("検索API用")).toEqual(["検索", "api", "用"]);
    expect(analyse("한국어")).toEqual(["한국", "국어"]);
    expect(analyse("𠮷野家")).toEqual(["𠮷野", "野家"]);
  });

  test("keeps the marks of scripts in which they are letters", () => {
    expect(analyse("हिन्दी")).toEqual(["हिन्दी"]);
    expect(analyse("Привет, мир")).toEqual(["привет", "мир"]);
  });

  test("that is encoded data gives no terms of its own", () => {
    const blob = "aB3dE5fG".repeat(40);
    expect(analyse(`key ${blob} end`)).toEqual(["key", "end"]);
  });

  test("that nobody meant as text is survived: no throw, terms short and well formed", () => {
    const anything = fc.oneof(
      fc.string({ unit: "binary", maxLength: 200 }),
      fc.string({ maxLength: 300 }),
    );
    fc.assert(
      fc.property(anything, (text) => {
        for (const term of analyse(text)) {
          expect(Buffer.byteLength(term)).toBeGreaterThan(0);
          expect(Buffer.byteLength(term)).toBeLessThanOrEqual(255);
          expect(term.isWellFormed()).toBe(true);
          expect(term).not.toContain("\0");
        }
      }),
      { numRuns: 1000 },
    );
  });

  test("that a term stands for is found again by that term's text", () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z]{3,12}$/u), (word) => {
        expect(analyse(word.toUpperCase())).toEqual(analyse(word));
      }),
    );
  });
});

test("the parts of an identifier are all of it but the underscores", () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[A-Za-z0-9_éÉßλΛ]{0,40}$/u), (word) => {
      expect(splitIdentifier(word).join("")).toBe(word.replaceAll("_", ""));
    }),
  );
});
