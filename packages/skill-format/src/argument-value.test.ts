import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { argumentProblem, pathProblem } from "./argument-value.ts";
import type { ArgumentSpec, StringArgument } from "./contract.ts";

const base = { required: true, record: "store" } as const;
const text: StringArgument = {
  type: "string",
  ...base,
  minBytes: 0,
  maxBytes: 20,
  multiline: false,
};

describe("a string argument", () => {
  test.each(["; rm -rf ~", "$(id)", "--evil", "", "日本語", "a\u202eb", "{{text}}"])(
    "takes %j as it is",
    (value) => {
      expect(argumentProblem(text, value)).toBeUndefined();
    },
  );

  test.each([
    ["a\0b", "NUL"],
    ["\ud800", "lone surrogate"],
    ["a\nb", "U+000A"],
    ["\u001b[31m", "U+001B"],
    ["\u0085", "U+0085"],
    ["x".repeat(21), "at most 20 bytes"],
    ["日".repeat(7), "at most 20 bytes, got 21"],
    [5, "a number"],
    [null, "null"],
    [["a"], "a list"],
  ])("refuses %j", (value, why) => {
    expect(argumentProblem(text, value)).toContain(why);
  });

  test("takes lines when it may", () => {
    expect(argumentProblem({ ...text, multiline: true }, "a\r\n\tb")).toBeUndefined();
    expect(argumentProblem({ ...text, multiline: true }, "a\u000bb")).toContain("U+000B");
  });

  test("never says what the value was", () => {
    fc.assert(
      fc.property(fc.string({ minLength: 30, unit: "grapheme-ascii" }), (value) => {
        expect(argumentProblem(text, value)).not.toContain(value);
      }),
    );
  });
});

describe("numbers", () => {
  const whole: ArgumentSpec = { type: "integer", ...base, minimum: -1, maximum: 5 };
  const real: ArgumentSpec = { type: "number", ...base, minimum: -1, maximum: 5 };

  test.each([0, -1, 5])("%d fits both", (value) => {
    expect([argumentProblem(whole, value), argumentProblem(real, value)]).toEqual([
      undefined,
      undefined,
    ]);
  });

  test.each([-2, 6, Number.NaN, Number.POSITIVE_INFINITY, "5", true, 2n])(
    "%s fits neither",
    (value) => {
      expect(argumentProblem(whole, value)).toBeDefined();
      expect(argumentProblem(real, value)).toBeDefined();
    },
  );

  test("a fraction is a number and no integer", () => {
    expect([argumentProblem(whole, 1.5) === undefined, argumentProblem(real, 1.5)]).toEqual([
      false,
      undefined,
    ]);
  });
});

describe("other kinds", () => {
  test("an enum takes its values only", () => {
    const spec: ArgumentSpec = { type: "enum", ...base, values: ["a", "-b"] };
    expect(argumentProblem(spec, "-b")).toBeUndefined();
    expect(argumentProblem(spec, "c")).toContain('"a", "-b"');
    expect(argumentProblem(spec, 0)).toBeDefined();
  });

  test("a boolean is not a word", () => {
    const spec: ArgumentSpec = { type: "boolean", ...base };
    expect(argumentProblem(spec, true)).toBeUndefined();
    expect(argumentProblem(spec, "true")).toBeDefined();
  });

  test.each(["a", "a/b c", ".", "..a/b", "-a"])("the path %j is below its root", (path) => {
    expect(pathProblem(path)).toBeUndefined();
  });

  test.each(["/a", "..", "a/../b", "a//b", "a/", "./a", ""])("the path %j is not", (path) => {
    expect(pathProblem(path)).toBeDefined();
  });
});
