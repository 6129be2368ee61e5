import fc from "fast-check";
import { describe, expect, test } from "vitest";

import type { Block } from "./block.ts";
import { dataBlocks } from "./data-blocks.ts";
import { rstBlocks } from "./rst-blocks.ts";

/** Pieces that the readers look for, in any order. */
const pieces = fc.array(
  fc.oneof(
    fc.constantFrom(
      ..."{ } [ ] : , \" ' # // /* */ = == === --- \n \r\n \t | - a: b \\ \"\"\" ''' [t] :: null 1 é 🦀 ﻿".split(
        " ",
      ),
      "\n\n",
      "  ",
      "\nkey: value\n",
      '"k": "v"',
      "\nTitle\n=====\n",
      "x".repeat(700),
    ),
    fc.string({ unit: "grapheme", maxLength: 6 }),
  ),
  { maxLength: 40 },
);

const readers: readonly (readonly [string, (body: string) => readonly Block[]])[] = [
  ...["csv", "json", "jsonl", "yaml", "toml"].map(
    (language) => [language, (body: string) => dataBlocks(language, body)] as const,
  ),
  ["reStructuredText", rstBlocks],
];

describe("the blocks of a body", () => {
  test.each(readers)("of %s hold all of its ink once", (_name, read) => {
    fc.assert(
      fc.property(pieces, (parts) => {
        const body = parts.join("");
        let behind = 0;
        for (const { start, end } of read(body)) {
          expect(body.slice(behind, start).trim()).toBe("");
          expect(end).toBeGreaterThan(start);
          expect(body.slice(start, end).trimEnd()).toBe(body.slice(start, end));
          behind = end;
        }
        expect(body.slice(behind).trim()).toBe("");
      }),
      { numRuns: 300 },
    );
  });

  test("of deep JSON are found without recursion", () => {
    const depth = 1_000_000;
    const deep = `${'{"a":['.repeat(depth)}1${"]}".repeat(depth)}`;
    expect(dataBlocks("json", deep).length).toBeGreaterThan(0);
    expect(dataBlocks("json", "[".repeat(depth)).length).toBe(1);
  });
});
