import { readStrictYaml } from "@clawkeep/skill-format";
import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { writeBlockYaml } from "./block-yaml.ts";
import type { YamlData } from "./block-yaml.ts";

const key = fc
  .string({ unit: "binary", maxLength: 20 })
  .filter((text) => text.isWellFormed() && text !== "__proto__" && text !== "<<");
const text = fc.string({ unit: "binary", maxLength: 60 }).filter((value) => value.isWellFormed());
const tricky = fc.constantFrom(
  ...[
    "yes",
    "No",
    "~",
    "",
    " ",
    "-",
    "- a",
    "a: b",
    "a #b",
    "0x10",
    "1_000",
    "2001-01-01",
    "1e3",
    "{{q}}",
  ],
  ...[
    "%a",
    "@a",
    "`a`",
    "'a'",
    '"a"',
    "a\nb",
    "a\r\nb",
    "---",
    "a --- b",
    "...",
    "a:",
    "é",
    "\u2028",
    "😀",
  ],
);
const leaf = fc.oneof(
  text,
  tricky,
  fc.boolean(),
  fc.constant(null),
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e15, max: 1e15 }).map((n) => n + 0),
);
const { root } = fc.letrec<{ value: YamlData; root: Record<string, YamlData> }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    leaf,
    fc.array(tie("value"), { minLength: 1, maxLength: 4 }),
    fc.dictionary(key, tie("value"), { minKeys: 1, maxKeys: 4, noNullPrototype: true }),
  ),
  root: fc.dictionary(key, tie("value"), { minKeys: 1, maxKeys: 5, noNullPrototype: true }),
}));

const read = (yaml: string): unknown => {
  const { value, findings } = readStrictYaml(yaml, { file: "x.yaml", flowStyle: false });
  expect(findings).toEqual([]);
  return value;
};

describe("what is written", () => {
  test("is block style and parses back to the same value, strictly", () => {
    fc.assert(
      fc.property(root, (value) => {
        const yaml = writeBlockYaml(value);
        expect(yaml.isWellFormed()).toBe(true);
        expect(yaml).not.toContain("---");
        expect(read(yaml)).toEqual(value);
      }),
      { numRuns: 300 },
    );
  });

  test("is what a person would write", () => {
    expect(
      writeBlockYaml({
        name: "git-log",
        argv: ["log", "-n", "{{count}}"],
        arguments: { count: { type: "integer", minimum: 0 }, left: undefined },
        steps: [{ a: "x", b: ["z", "1"] }, [["deep"]]],
      }),
    ).toBe(`name: git-log
argv:
  - log
  - "-n"
  - "{{count}}"
arguments:
  count:
    type: integer
    minimum: 0
steps:
  - a: x
    b:
      - z
      - "1"
  - - - deep
`);
  });

  test.each([[{ a: [] }], [{ a: {} }], [{ a: Number.NaN }], [{ a: "\ud800" }], [{ "<<": 1 }]])(
    "%j is refused",
    (value) => {
      expect(() => writeBlockYaml(value)).toThrow(/^expected/u);
    },
  );

  test("holds an empty list only where that is allowed", () => {
    expect(writeBlockYaml({ argv: [] }, { allowEmpty: true })).toBe("argv: []\n");
  });
});
