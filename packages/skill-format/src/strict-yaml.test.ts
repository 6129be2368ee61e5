import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { readStrictYaml } from "./strict-yaml.ts";

const read = (text: string) => readStrictYaml(text, { file: "f.yaml" });
const codes = (text: string): readonly string[] =>
  read(text).findings.map((finding) => finding.code);

describe("strict YAML", () => {
  test("is YAML 1.2: no is text and 010 is ten", () => {
    expect(read("a: no\nb: 010\nc: 0o10\nd: ~\n1: x\n").value).toEqual({
      1: "x",
      a: "no",
      b: 10,
      c: 8,
      d: null,
    });
  });

  test("reads any JSON", () => {
    const key = fc.string().filter((text) => text !== "__proto__" && text !== "<<");
    const value = fc.letrec((tie) => ({
      any: fc.oneof(
        { maxDepth: 4 },
        fc.constant(null),
        fc.boolean(),
        fc.string(),
        fc.integer(),
        tie("list"),
        tie("map"),
      ),
      list: fc.array(tie("any"), { maxLength: 4 }),
      map: fc.dictionary(key, tie("any"), { maxKeys: 4 }),
    })).any;
    fc.assert(
      fc.property(value, fc.constantFrom(undefined, 2), (one, indent) => {
        const { value: back, findings } = read(JSON.stringify(one, null, indent));
        expect(findings).toEqual([]);
        expect(JSON.stringify(back)).toBe(JSON.stringify(one));
      }),
    );
  });

  test.each([
    ["a: &b 1", "YAML_ANCHOR"],
    ["a: *b", "YAML_ANCHOR"],
    ["a: !!str 1", "YAML_TAG"],
    ["a: !js x", "YAML_TAG"],
    ["%TAG ! x\n---\na: 1", "YAML_DIRECTIVE"],
    ["<<: {a: 1}", "YAML_MERGE_KEY"],
    ["a: 1\na: 2", "YAML_DUPLICATE_KEY"],
    ['a: 1\n"a": 2', "YAML_DUPLICATE_KEY"],
    ["__proto__: 1", "YAML_KEY"],
    ["[a]: 1", "YAML_KEY"],
    ["1.5: 1", "YAML_KEY"],
    ["a: 9007199254740993", "YAML_NUMBER"],
    ["a: .nan", "YAML_NUMBER"],
    ["a: 1e999", "YAML_NUMBER"],
    ["a: [", "YAML_SYNTAX"],
    ["---\na: 1\n---\nb: 1", "YAML_SEVERAL_DOCUMENTS"],
  ])("refuses %j", (text, code) => {
    expect(codes(text)).toContain(code);
    expect(read(text).value).toBeUndefined();
  });

  test("does not mistake text for syntax", () => {
    expect(read("a: 'x & *y !z'\nb: |\n  &a *b !c\n  %d\nc: a&b # *d").value).toEqual({
      a: "x & *y !z",
      b: "&a *b !c\n%d\n",
      c: "a&b",
    });
  });

  test("knows the place of every value and key", () => {
    const yaml = readStrictYaml("a:\n  - x\n  - b: 1\n", { file: "f.yaml", firstLine: 10 });
    expect(yaml.locate(["a", 1, "b"])).toEqual({ file: "f.yaml", line: 12, column: 8 });
    expect(yaml.locate(["a", 1, "b"], "key")).toEqual({ file: "f.yaml", line: 12, column: 5 });
    expect(yaml.locate(["a", "gone", "deeper"])).toEqual({ file: "f.yaml", line: 11, column: 3 });
    expect(yaml.locate([])).toEqual({ file: "f.yaml", line: 10, column: 1 });
  });

  test("counts lines the same with CRLF", () => {
    expect(read("a: 1\r\nb: 2\r\na: 3\r\n").findings[0]).toMatchObject({ line: 3, column: 1 });
  });
});
