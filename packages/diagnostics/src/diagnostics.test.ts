import fc from "fast-check";
import { describe, expect, test } from "vitest";

import {
  CodedError,
  count,
  escapeForTerminal,
  findingOf,
  formatError,
  formatFinding,
  hasErrors,
  isCodedError,
  sortFindings,
} from "./index.ts";

describe("coded errors", () => {
  test("carry code, message, hint and cause", () => {
    const cause = new Error("disk full");
    const error = new CodedError({ code: "A_B", message: "m", hint: "h", cause });
    expect([error.code, error.message, error.hint, error.cause]).toEqual(["A_B", "m", "h", cause]);
    expect(formatError(error)).toBe("A_B: m\n  h\n  because: disk full");
  });

  test("are recognised by marker, not by class identity", () => {
    const foreign: unknown = { [Symbol.for("clawkeep.CodedError")]: true };
    expect(isCodedError(foreign)).toBe(true);
    expect(isCodedError(new Error("x"))).toBe(false);
    expect(isCodedError(null)).toBe(false);
  });
});

describe("findings", () => {
  test("print as file:line:column with the hint below", () => {
    const finding = {
      code: "X_Y",
      severity: "error" as const,
      message: "expected a, got b",
      hint: "write a",
      file: "dir/f.yaml",
      line: 3,
      column: 7,
    };
    expect(formatFinding(finding)).toBe("dir/f.yaml:3:7: error X_Y: expected a, got b\n  write a");
    expect(hasErrors([finding])).toBe(true);
    expect(hasErrors([{ ...finding, severity: "warning" }])).toBe(false);
  });

  test("are made of coded errors, hint and all", () => {
    const error = new CodedError({ code: "A_B", message: "m", hint: "h" });
    expect(findingOf(error)).toEqual({ code: "A_B", severity: "error", message: "m", hint: "h" });
    expect(findingOf(new CodedError({ code: "A_B", message: "m" }))).not.toHaveProperty("hint");
  });

  test("are counted as people count", () => {
    expect([0, 1, 2].map((number) => count(number, "file"))).toEqual([
      "0 files",
      "1 file",
      "2 files",
    ]);
  });

  test("sort the same whatever order they came in", () => {
    const finding = fc.record({
      code: fc.constantFrom("A", "B"),
      severity: fc.constant("error" as const),
      message: fc.constantFrom("m", "n"),
      file: fc.constantFrom("a", "b"),
      line: fc.integer({ min: 1, max: 3 }),
    });
    fc.assert(
      fc.property(fc.array(finding), (findings) => {
        expect(sortFindings([...findings].reverse())).toEqual(sortFindings(findings));
      }),
    );
  });
});

describe("text from elsewhere", () => {
  test("loses its terminal escapes, bidirectional marks and forged lines", () => {
    expect(escapeForTerminal("a\u001b]52;c;eA\u0007b")).toBe("a\\u{1b}]52;c;eA\\u{7}b");
    expect(escapeForTerminal("x\r\nERROR")).toBe("x\\u{d}\\u{a}ERROR");
    expect(escapeForTerminal("\u202egnp.exe")).toBe("\\u{202e}gnp.exe");
    expect(escapeForTerminal("\ud800")).toBe("\\u{d800}");
    expect(escapeForTerminal("line\n\tline", { keepNewlines: true })).toBe("line\n\tline");
  });

  test("never keeps a control character, whatever it holds", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        // eslint-disable-next-line no-control-regex -- the property is about control characters
        expect(escapeForTerminal(text)).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e]/u);
      }),
    );
  });

  test("is otherwise untouched", () => {
    expect(escapeForTerminal("naïve 日本語 🦀 — ok")).toBe("naïve 日本語 🦀 — ok");
  });
});
