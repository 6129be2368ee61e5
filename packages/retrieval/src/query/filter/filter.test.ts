import { isCodedError } from "@clawkeep/diagnostics";
import fc from "fast-check";
import { describe, expect, test } from "vitest";

import type { DocumentFacts } from "./matches-filter.ts";
import { matchesFilter } from "./matches-filter.ts";
import type { FilterExpression } from "./parse-filter.ts";
import { parseFilter } from "./parse-filter.ts";

const page: DocumentFacts = {
  path: "docs/runbooks/Restart.md",
  title: "Restart",
  size: 2048,
  kind: "markdown",
  mtimeMs: Date.parse("2026-03-04T05:06:07Z"),
  metadata: {
    tags: ["ops", "on-call"],
    draft: false,
    priority: 3,
    reviewed: "2026-02-01",
    owner: "Ada",
    path: "shadowed",
  },
};
const matches = (filter: string, facts: DocumentFacts = page): boolean =>
  matchesFilter(parseFilter(filter), facts);

describe("a filter", () => {
  test("compares front matter and facts of the file", () => {
    for (const [filter, expected] of [
      ["tag=ops AND mtime>2026-01-01", true],
      ["tag=OPS", true],
      ["tag=op", false],
      ["tag!=dev", true],
      ["tag!=ops", false],
      ["mtime<2026-03-04", false],
      ["mtime>=2026-03-04T05:06:07Z", true],
      ["mtime>2026-03-04T05:06:07Z", false],
      ["mtime=2026-03-04", true],
      ["mtime=2026-03-05", false],
      ["mtime>yesterday", false],
      ["size>=2048 and size<2049", true],
      ["ext=md", true],
      ["name=restart.md", true],
      ["folder=docs/runbooks", true],
      ["path~docs/**", true],
      ["path~archive", false],
      ["kind=markdown", true],
      ["language=rust", false],
      ["priority>2 AND priority<=3", true],
      ["priority>low", false],
      ["reviewed>2026-01-31 AND reviewed<2026-02-02", true],
      ["owner>aardvark", true],
      ['owner="ada"', true],
      ["draft=false", true],
      ["draft", true],
      ["missing", false],
      ["missing!=1", true],
      ["missing<1 OR missing>=1", false],
      ["NOT missing", true],
      ["meta.path=shadowed", true],
      ["path=shadowed", false],
      ["constructor", false],
      ["tag=dev OR tag=ops AND NOT draft=true", true],
      ["(tag=dev OR tag=ops) AND draft=true", false],
      ['"not"=1', false],
    ] as const) {
      expect([filter, matches(filter)]).toEqual([filter, expected]);
    }
  });

  test("knows tags that are written in one line", () => {
    expect(matches("tag=keys", { ...page, metadata: { tags: "ops, keys" } })).toBe(true);
    expect(matches("tag=keys", { ...page, metadata: { tag: "keys" } })).toBe(true);
  });

  test("that cannot be read is refused with the column", () => {
    for (const [filter, column] of [
      ["", 1],
      ["tag=", 5],
      ["=ops", 1],
      ["tag=ops tag=dev", 9],
      ["(tag=ops", 9],
      ["tag=ops)", 8],
      ["tag = = ops", 7],
      ['tag="ops', 5],
      ["a AND", 6],
      ["!a", 1],
      ["(".repeat(100), 33],
      ["a".repeat(5000), 1],
    ] as const) {
      expect(() => parseFilter(filter)).toThrow(
        expect.objectContaining({
          code: "FILTER_SYNTAX",
          message: expect.stringContaining(`column ${column} `),
        }),
      );
    }
  });

  test("reads back what it is written from, and gives one error otherwise", () => {
    const text = fc.string({ minLength: 1, maxLength: 6 });
    const leaf: fc.Arbitrary<FilterExpression> = fc.oneof(
      fc.record({ kind: fc.constant("has" as const), key: text }),
      fc.record({
        kind: fc.constant("compare" as const),
        key: text,
        operator: fc.constantFrom("=", "!=", "<", "<=", ">", ">=", "~"),
        value: text,
      }),
    );
    const tree = fc.letrec<{ node: FilterExpression }>((tie) => ({
      node: fc.oneof(
        { depthSize: "small" },
        leaf,
        fc.record({ kind: fc.constant("not" as const), part: tie("node") }),
        fc.record({
          kind: fc.constantFrom("and" as const, "or" as const),
          parts: fc.array(tie("node"), { minLength: 2, maxLength: 3 }),
        }),
      ),
    })).node;
    fc.assert(
      fc.property(tree, (expression) => {
        expect(parseFilter(write(expression))).toEqual(expression);
        expect(typeof matchesFilter(expression, page)).toBe("boolean");
      }),
    );
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 20 }), (filter) => {
        try {
          matches(filter);
        } catch (error) {
          expect(isCodedError(error)).toBe(true);
        }
      }),
    );
  });
});

function write(expression: FilterExpression): string {
  const quote = (value: string): string => `"${value.replace(/["\\]/gu, String.raw`\$&`)}"`;
  switch (expression.kind) {
    case "and":
    case "or":
      return expression.parts
        .map((part) => `(${write(part)})`)
        .join(` ${expression.kind.toUpperCase()} `);
    case "not":
      return `NOT (${write(expression.part)})`;
    case "has":
      return quote(expression.key);
    default:
      return `${quote(expression.key)}${expression.operator}${quote(expression.value)}`;
  }
}
