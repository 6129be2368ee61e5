import { describe, expect, test } from "vitest";

import { compileSchema, schemaProblems } from "./json-schema.ts";

describe("the subset", () => {
  test("takes what the documentation lists", () => {
    const schema = {
      $schema: "https://json-schema.org/draft/2020-12/schema",
      title: "t",
      type: ["object", "null"],
      required: ["a"],
      properties: {
        a: { $ref: "#/$defs/a" },
        b: { prefixItems: [true], items: false, minItems: 1 },
      },
      additionalProperties: false,
      if: { minProperties: 1 },
      // eslint-disable-next-line unicorn/no-thenable -- a keyword of JSON Schema
      then: { not: { const: 5 } },
      $defs: {
        a: { anyOf: [{ type: "string", minLength: 1 }, { enum: [1, 2] }, { multipleOf: 5 }] },
      },
    };
    expect(schemaProblems(schema)).toEqual([]);
  });

  test.each([
    [{ pattern: "(a+)+$" }, "/pattern"],
    [{ properties: { a: { format: "date" } } }, "/properties/a/format"],
    [{ $ref: "https://example.com/schema" }, "/$ref"],
    [{ $ref: "#/$defs/gone" }, "/$ref"],
    [{ properties: { "a/b": { $defs: {} } } }, "/properties/a~1b/$defs"],
    [{ type: "text" }, "/type"],
    [{ minItems: -1 }, "/minItems"],
    [{ allOf: [] }, "/allOf"],
    [{ unevaluatedProperties: false }, "/unevaluatedProperties"],
    ["string", ""],
    [null, ""],
  ])("refuses %j at its place", (schema, pointer) => {
    expect(schemaProblems(schema).map((problem) => problem.pointer)).toEqual([pointer]);
  });

  test("refuses a schema whose references multiply or go round", () => {
    const definitions = Object.fromEntries(
      Array.from({ length: 30 }, (_, index) => [
        `a${index}`,
        { allOf: [{ $ref: `#/$defs/a${index + 1}` }, { $ref: `#/$defs/a${index + 1}` }] },
      ]),
    );
    const bomb = { $ref: "#/$defs/a0", $defs: { ...definitions, a30: true } };
    expect(schemaProblems(bomb)[0]?.message).toContain("5000");
    const round = { $ref: "#/$defs/a", $defs: { a: { items: { $ref: "#/$defs/a" } } } };
    expect(schemaProblems(round)[0]?.message).toContain("cycle");
  });
});

describe("a compiled schema", () => {
  const check = compileSchema({
    type: "object",
    required: ["a"],
    properties: { a: { type: "array", items: { type: "integer" } } },
    additionalProperties: false,
  });

  test("says where a value disagrees", () => {
    expect(check({ a: [1] })).toEqual([]);
    const messages = check({ a: [1, "x"], b: 1 }).map((finding) => finding.message);
    expect(messages.some((message) => message.startsWith('at "/a/1"'))).toBe(true);
    expect(messages.length).toBeGreaterThanOrEqual(2);
  });

  test("may be true or false", () => {
    expect(compileSchema(true)(1)).toEqual([]);
    expect(compileSchema(false)(1)).toHaveLength(1);
  });
});
