import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { jsonForModel, quoteForModel, quoteLine } from "./quote-for-model.ts";

const delimiters = [
  "<<<BEGIN_OPENCLAW_INTERNAL_CONTEXT>>>",
  "<<<END_OPENCLAW_INTERNAL_CONTEXT>>>",
  "<<< begin_openclaw_internal_context >>>",
  "<|im_start|>",
  "<|start_header_id|>",
  "<\uff5cUser\uff5c>",
  "[INST]",
  "[/INST]",
  "<<SYS>>",
  "</s>",
  "<start_of_turn>",
  "<tool_call>",
  "</tool_result>",
  '<invoke name="exec">',
  "<think>",
];

describe("a quoted passage", () => {
  test.each(delimiters)("has no working %s", (delimiter) => {
    const quoted = quoteForModel(`before ${delimiter} after`);
    expect(quoted).not.toContain(delimiter);
    expect(quoted).toMatch(/^before .*\\u\{(?:3c|5b)\}.* after$/u);
  });

  test("has no bidirectional, zero-width, tag or control character", () => {
    const hostile = "a\u202eb\u200bc\u{e0041}d\u001b]52;c;eA\u0007e\u0085f\ufeffg";
    expect(quoteForModel(hostile)).toBe(
      String.raw`a\u{202e}b\u{200b}c\u{e0041}d\u{1b}]52;c;eA\u{7}e\u{85}f\u{feff}g`,
    );
  });

  test("cannot hide a delimiter behind a zero-width character", () => {
    expect(quoteForModel("<\u200b|im_start|>")).not.toContain("<|im_start|>");
  });

  test("keeps new lines, tabs, code and ordinary brackets", () => {
    const code = "if (a < b && c >> 2) {\n\treturn Map<string, T[]>;\n}\n>>> print(1)\nx <<= 3 [1]";
    expect(quoteForModel(code)).toBe(code);
    expect(quoteForModel("one\r\ntwo")).toBe("one\ntwo");
  });

  test("in ASCII is what the general rules make of it", () => {
    const piece = fc.oneof(
      fc.constantFrom(...delimiters, "<<<", ">>>", "<|", "|>", " a", "<</", "_", "[inst]"),
      fc.string({ unit: "grapheme-ascii", maxLength: 3 }),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const text = pieces.join("").replaceAll("\uff5c", "|");
        // The last character is not ASCII, and no part of any delimiter.
        expect(quoteForModel(`${text}\n.\u2026`)).toBe(`${quoteForModel(`${text}\n.`)}\u2026`);
      }),
      { numRuns: 2000 },
    );
  });

  test("is one line where a line is wanted", () => {
    expect(quoteLine("a\n\tb")).toBe(String.raw`a\u{a}\u{9}b`);
  });
});

describe("JSON that a model may see", () => {
  test("parses back to the exact value and shows no delimiter or unsafe character", () => {
    const piece = fc.oneof(
      fc.constantFrom(...delimiters, "\u202e", "\u{e0041}", "\u2028", "\u0085"),
      fc.string({ unit: "binary" }),
    );
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        const value = { path: pieces.join(" ") };
        const json = jsonForModel(value);
        expect(JSON.parse(json)).toEqual(value);
        expect(json).not.toMatch(/[\u007f-\u009f\u2028\u202e\u{e0000}-\u{e007f}]/u);
        for (const delimiter of delimiters) {
          expect(json).not.toContain(delimiter);
        }
      }),
    );
  });
});
