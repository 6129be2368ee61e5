import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { canonicalJson, parseCanonical } from "./canonical-json.ts";
import type { JsonValue } from "./json-value.ts";

/** RFC 8785, section 3.2.2, and appendix B: IEEE 754 bits and the form they must have. */
const numberForms: readonly (readonly [string, string])[] = [
  ["0000000000000000", "0"],
  ["8000000000000000", "0"],
  ["0000000000000001", "5e-324"],
  ["8000000000000001", "-5e-324"],
  ["4340000000000000", "9007199254740992"],
  ["c340000000000000", "-9007199254740992"],
  ["4430000000000000", "295147905179352830000"],
  ["44b52d02c7e14af5", "9.999999999999997e+22"],
  ["44b52d02c7e14af6", "1e+23"],
  ["444b1ae4d6e2ef4e", "999999999999999700000"],
  ["444b1ae4d6e2ef50", "1e+21"],
  ["3eb0c6f7a0b5ed8c", "9.999999999999997e-7"],
  ["3eb0c6f7a0b5ed8d", "0.000001"],
  ["41b3de4355555553", "333333333.3333332"],
  ["41b3de4355555554", "333333333.33333325"],
  ["41b3de4355555557", "333333333.33333343"],
  ["becbf647612f3696", "-0.0000033333333333333333"],
  ["43143ff3c1cb0959", "1424953923781206.2"],
];

const number: fc.Arbitrary<number> = fc
  .oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.maxSafeInteger())
  .filter((value) => Math.abs(value) <= Number.MAX_SAFE_INTEGER);
const text: fc.Arbitrary<string> = fc.string({ unit: "binary" });
const { json } = fc.letrec<{ json: JsonValue }>((tie) => ({
  json: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.constantFrom(null, true, false),
    number,
    text,
    fc.array(tie("json"), { maxLength: 5 }),
    fc.dictionary(text, tie("json"), { maxKeys: 5 }),
  ),
}));

function code(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
  return "nothing thrown";
}

describe("canonical JSON", () => {
  test("gives the example of RFC 8785, section 3.2.2", () => {
    const value = {
      numbers: [333333333.3333333, 1e20 / 1e5, 4.5, 2e-3, 0.000000000000000000000000001],
      string: "\u20ac$\u000f\u000aA'\u0042\u0022\u005c\\\"/",
      literals: [null, true, false],
    };
    expect(canonicalJson(value)).toBe(
      '{"literals":[null,true,false],"numbers":[333333333.3333333,1000000000000000,4.5,0.002,1e-27],"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
    );
  });

  test("sorts names by UTF-16 code units, as section 3.2.3 shows", () => {
    const value = {
      "\u20ac": "Euro Sign",
      "\r": "Carriage Return",
      "\ufb33": "Hebrew Letter Dalet With Dagesh",
      "1": "One",
      "\ud83d\ude00": "Emoji: Grinning Face",
      "\u0080": "Control",
      "\u00f6": "Latin Small Letter O With Diaeresis",
    };
    const values = Object.values(parseCanonical(canonicalJson(value)) as Record<string, string>);
    expect(new Set(values)).toEqual(new Set(Object.values(value)));
    expect(canonicalJson(value)).toBe(
      '{"\\r":"Carriage Return","1":"One","\u0080":"Control","ö":"Latin Small Letter O With Diaeresis","€":"Euro Sign","😀":"Emoji: Grinning Face","\ufb33":"Hebrew Letter Dalet With Dagesh"}',
    );
  });

  test.each(numberForms)("prints the number with bits %s as %s, or refuses it", (bits, form) => {
    const value = Buffer.from(bits, "hex").readDoubleBE();
    if (Math.abs(value) > Number.MAX_SAFE_INTEGER) {
      expect(code(() => canonicalJson(value))).toBe("CANONICAL_JSON_VALUE");
      expect(JSON.stringify(value)).toBe(form);
    } else {
      expect(canonicalJson(value)).toBe(form);
    }
  });

  test.each([
    ["NaN", Number.NaN],
    ["infinity", Number.POSITIVE_INFINITY],
    ["2^53", 2 ** 53],
    ["a lone surrogate", "a\ud800"],
    ["a lone surrogate as a name", { "\udc00": 1 }],
    ["undefined", { a: undefined }],
    ["a hole", [1, , 2]], // oxlint-disable-line no-sparse-arrays -- the hole is the case
    ["a bigint", 1n],
    ["a date", new Date(0)],
    ["a map", new Map()],
    ["a function", () => 1],
  ])("refuses %s and says where", (_, value) => {
    expect(code(() => canonicalJson([value as JsonValue]))).toBe("CANONICAL_JSON_VALUE");
    expect(() => canonicalJson([value as JsonValue])).toThrow(/\$\[0\]/u);
  });

  test("refuses cycles and deep nesting instead of exhausting the stack", () => {
    const cycle: JsonValue[] = [];
    cycle.push(cycle);
    expect(code(() => canonicalJson(cycle))).toBe("CANONICAL_JSON_DEPTH");
    const deep = `${"[".repeat(100_000)}${"]".repeat(100_000)}`;
    expect(code(() => parseCanonical(deep))).toBe("CANONICAL_JSON_DEPTH");
  });

  test("parses back to the same value and form, whatever the order of names", () => {
    fc.assert(
      fc.property(json, (value) => {
        const form = canonicalJson(value);
        expect(canonicalJson(parseCanonical(form))).toBe(form);
        expect(canonicalJson(parseCanonical(Buffer.from(form)))).toBe(form);
        expect(canonicalJson(reversed(value))).toBe(form);
        expect(JSON.parse(form)).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  test("keeps a member called __proto__ a member", () => {
    const text = '{"__proto__":{"a":1}}';
    const value = parseCanonical(text) as { a?: number };
    expect(value.a).toBeUndefined();
    expect(canonicalJson(value)).toBe(text);
  });
});

describe("parsing the canonical form", () => {
  test.each([
    ["white space", '{"a": 1}', "CANONICAL_JSON_FORM"],
    ["a trailing newline", "1\n", "CANONICAL_JSON_FORM"],
    ["a number with a fraction of zero", '{"a":1.0}', "CANONICAL_JSON_FORM"],
    ["a number with an exponent", "[1e2]", "CANONICAL_JSON_FORM"],
    ["a negative zero", "-0", "CANONICAL_JSON_FORM"],
    ["a needless escape", '"\\u0041"', "CANONICAL_JSON_FORM"],
    ["an escaped solidus", '"\\/"', "CANONICAL_JSON_FORM"],
    ["an escape in capitals", '"\\u001F"', "CANONICAL_JSON_FORM"],
    ["names out of order", '{"b":1,"a":2}', "CANONICAL_JSON_FORM"],
    ["a name given twice", '{"a":1,"a":1}', "CANONICAL_JSON_DUPLICATE"],
    ["a name given twice, once escaped", '{"a":1,"\\u0061":2}', "CANONICAL_JSON_DUPLICATE"],
    ["a name given twice, inside", '[{"x":{"a":[],"b":"}","a":[]}}]', "CANONICAL_JSON_DUPLICATE"],
    ["__proto__ twice", '{"__proto__":1,"__proto__":2}', "CANONICAL_JSON_DUPLICATE"],
    ["an integer beyond 2^53", "9007199254740993", "CANONICAL_JSON_VALUE"],
    ["a number beyond all", "1e400", "CANONICAL_JSON_VALUE"],
    ["a lone surrogate", '"\\ud800"', "CANONICAL_JSON_VALUE"],
    ["two values", "1 2", "CANONICAL_JSON_SYNTAX"],
    ["nothing", "", "CANONICAL_JSON_SYNTAX"],
    ["a byte order mark", "\ufeff1", "CANONICAL_JSON_SYNTAX"],
  ])("refuses %s", (_, text, expected) => {
    expect(code(() => parseCanonical(text))).toBe(expected);
    expect(code(() => parseCanonical(Buffer.from(text)))).toBe(expected);
  });

  test("refuses bytes that are not UTF-8, overlong forms and encoded surrogates included", () => {
    for (const bytes of [
      [0x22, 0xff, 0x22],
      [0x22, 0xc0, 0x80, 0x22],
      [0x22, 0xed, 0xa0, 0x80, 0x22],
    ]) {
      expect(code(() => parseCanonical(Uint8Array.from(bytes)))).toBe("CANONICAL_JSON_SYNTAX");
    }
  });

  test("gives back the bytes it was given, or refuses: no two texts have one value", () => {
    const forms = fc.oneof(
      json.map((value) => JSON.stringify(value)),
      json.map((value) => JSON.stringify(value, undefined, 1)),
      fc.string({ unit: fc.constantFrom(...'{}[]",:\\u0061e+-.123 \n'.split("")) }),
    );
    fc.assert(
      fc.property(forms, (text) => {
        let value: JsonValue;
        try {
          value = parseCanonical(text);
        } catch {
          return;
        }
        expect(canonicalJson(value)).toBe(text);
      }),
    );
  });

  test("says where the first difference is", () => {
    expect(() => parseCanonical('{"a":1 }')).toThrow('at offset 6 expected "}", got " }"');
  });
});

function reversed(value: JsonValue): JsonValue {
  if (Array.isArray(value)) {
    return value.map((item: JsonValue) => reversed(item));
  }
  if (typeof value !== "object" || value === null) {
    return value;
  }
  const copy: Record<string, JsonValue> = Object.create(null) as Record<string, JsonValue>;
  for (const [name, inner] of Object.entries(value as Record<string, JsonValue>).reverse()) {
    copy[name] = reversed(inner);
  }
  return copy;
}
