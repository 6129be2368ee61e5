import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { parseQuery } from "./parse-query.ts";

const of = (query: string): unknown => parseQuery(query);

describe("the query language", () => {
  test("takes a plain question as it stands", () => {
    for (const query of [
      "How do I rotate the keys?",
      "what does std::vector do",
      "rm -rf ~ $(id) `id --evil | trimming",
      "tar -x --file a.tar",
      'a 5" pipe and a 3" one',
      "it's \"unfinished",
      "http://example.org/title",
      "titel:typo",
      "- a list item",
      "-",
      '""',
      "``",
      "title:",
      'title:""',
      "well-known -- and --so-on",
      "-3",
    ]) {
      expect(of(query)).toEqual({ text: query, conditions: [] });
    }
  });

  test("knows phrases, exact names, fields, and the opposite of each", () => {
    expect(of('pumps "fog signal" -storm')).toEqual({
      text: "pumps fog signal",
      conditions: [
        { kind: "phrase", value: "fog signal", negated: false },
        { kind: "word", value: "storm", negated: true },
      ],
    });
    expect(of("where is `rotateLens`? -`lensCount`")).toEqual({
      text: "where is rotateLens ?",
      conditions: [
        { kind: "exact", value: "rotateLens", negated: false },
        { kind: "exact", value: "lensCount", negated: true },
      ],
    });
    expect(of("where is `rotateLens` used")).toEqual({
      text: "where is rotateLens used",
      conditions: [{ kind: "exact", value: "rotateLens", negated: false }],
    });
    expect(of('title:"the lamp" path:docs/ -path:old -tag:draft oil')).toEqual({
      text: "the lamp oil",
      conditions: [
        { kind: "field", field: "title", value: "the lamp", negated: false },
        { kind: "field", field: "path", value: "docs/", negated: false },
        { kind: "field", field: "path", value: "old", negated: true },
        { kind: "field", field: "tag", value: "draft", negated: true },
      ],
    });
    expect(of('-"never this"')).toEqual({
      text: "",
      conditions: [{ kind: "phrase", value: "never this", negated: true }],
    });
  });

  test("keeps every text that has no operator, and never fails", () => {
    const piece = fc.oneof(
      fc.constantFrom(
        '"',
        "`",
        "-",
        "title:",
        "path:",
        " ",
        "  ",
        "\n",
        "lamp",
        "a",
        "?",
        "\u{202e}",
      ),
      fc.string({ unit: "binary", maxLength: 3 }),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 14 }), (pieces) => {
        const query = pieces.join("");
        const { text, conditions } = parseQuery(query);
        if (conditions.length === 0) {
          expect(text).toBe(query);
        }
        // Nothing is made up: all that is searched for stands in the query, in its order.
        let from = 0;
        for (const word of text.split(/\s+/u).filter((one) => one !== "")) {
          const at = query.indexOf(word, from);
          expect(at).toBeGreaterThanOrEqual(from);
          from = at;
        }
        for (const { value } of conditions) {
          expect(query).toContain(value);
          expect(value.trim()).not.toBe("");
        }
      }),
      { numRuns: 400 },
    );
  });

  test("reads back what it is written from", () => {
    const word = fc.stringMatching(/^[a-z]{3,8}$/u);
    const words = fc.array(word, { minLength: 1, maxLength: 3 }).map((list) => list.join(" "));
    const negated = fc.boolean();
    const condition = fc.oneof(
      fc.record({ kind: fc.constant("phrase" as const), value: words, negated }),
      fc.record({ kind: fc.constant("exact" as const), value: word, negated }),
      fc.record({ kind: fc.constant("word" as const), value: word, negated: fc.constant(true) }),
      fc.record({
        kind: fc.constant("field" as const),
        field: fc.constantFrom("title" as const, "path" as const, "tag" as const),
        value: words,
        negated,
      }),
    );
    const write = (one: typeof condition extends fc.Arbitrary<infer T> ? T : never): string => {
      const sign = one.negated ? "-" : "";
      switch (one.kind) {
        case "phrase":
          return `${sign}"${one.value}"`;
        case "exact":
          return `${sign}\`${one.value}\``;
        case "word":
          return `-${one.value}`;
        default:
          return `${sign}${one.field}:"${one.value}"`;
      }
    };
    fc.assert(
      fc.property(fc.array(fc.oneof(condition, word), { maxLength: 6 }), (items) => {
        const query = items
          .map((item) => (typeof item === "string" ? item : write(item)))
          .join(" ");
        expect(parseQuery(query).conditions).toEqual(
          items.filter((item) => typeof item !== "string"),
        );
      }),
    );
  });

  test("takes no time to speak of for hostile input", () => {
    for (const part of ['"', "`", '-"', "title:", "-a ", '" ']) {
      expect(parseQuery(part.repeat(65_536 / part.length)).conditions.length).toBeLessThan(65_536);
    }
  });
});
