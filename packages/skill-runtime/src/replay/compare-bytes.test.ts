import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { compareBytes } from "./compare-bytes.ts";

const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 80 }),
  fc.string({ unit: "grapheme", maxLength: 60 }).map((text) => new Uint8Array(Buffer.from(text))),
  fc
    .array(fc.constantFrom("one", "two", "", "three"), { maxLength: 12 })
    .map((lines) => new Uint8Array(Buffer.from(lines.join("\n")))),
);

function withMark(rows: readonly string[], mark: "-" | "+"): string {
  return rows
    .filter((row) => row.startsWith(mark) || row.startsWith(" "))
    .map((row) => row.slice(1))
    .join("\n");
}

describe("the difference of two outputs", () => {
  test("is there exactly when they differ, and begins at the first byte that does", () => {
    fc.assert(
      fc.property(bytes, bytes, (a, b) => {
        const difference = compareBytes(a, b);
        expect(difference === undefined).toBe(Buffer.from(a).equals(Buffer.from(b)));
        if (difference === undefined) return;
        const { offset } = difference;
        expect(Buffer.from(a.subarray(0, offset))).toEqual(Buffer.from(b.subarray(0, offset)));
        expect(a[offset]).not.toBe(b[offset]);
        expect(difference.rows.some((row) => /^[-+]/u.test(row))).toBe(true);
      }),
    );
  });

  test("shows consecutive lines of both, and nothing that is in neither", () => {
    const lines = fc.array(fc.constantFrom("one", "two", "", "three", "ö"), { maxLength: 12 });
    fc.assert(
      fc.property(lines, lines, (one, two) => {
        const [a, b] = [one.join("\n"), two.join("\n")];
        const difference = compareBytes(Buffer.from(a), Buffer.from(b));
        if (difference === undefined) return;
        expect(difference.form).toBe("text");
        expect(difference.omitted).toBe(0);
        expect(a).toContain(withMark(difference.rows, "-"));
        expect(b).toContain(withMark(difference.rows, "+"));
      }),
    );
  });

  test("of texts is shown by lines", () => {
    const a = "head\nsame\ndate: 1\nrest\nmore\nlast\n";
    expect(compareBytes(Buffer.from(a), Buffer.from(a.replace("1", "22")))).toEqual({
      offset: 16,
      form: "text",
      line: 3,
      rows: [" head", " same", "-date: 1", "+date: 22", " rest", " more"],
      omitted: 0,
    });
  });

  test("in the middle of one long line is shown where it is", () => {
    const line = (value: string): Buffer =>
      Buffer.from(`${"a".repeat(5000)}${value}${"b".repeat(5000)}`);
    const difference = compareBytes(line("<1>"), line("<2>"));
    expect(difference?.offset).toBe(5001);
    expect(difference?.rows).toEqual([
      `-…${"a".repeat(39)}<1>${"b".repeat(118)}…`,
      `+…${"a".repeat(39)}<2>${"b".repeat(118)}…`,
    ]);
  });

  test("of bytes that are no text is shown as a dump", () => {
    const a = Buffer.concat([Buffer.alloc(20), Buffer.from("end")]);
    const b = Buffer.concat([Buffer.alloc(20), Buffer.from("End\u00ff")]);
    expect(compareBytes(a, b)).toEqual({
      offset: 20,
      form: "hex",
      rows: [
        ` 00000000  ${"00 ".repeat(16)} |${".".repeat(16)}|`,
        `-00000010  00 00 00 00 65 6e 64${" ".repeat(29)}|....end|`,
        `+00000010  00 00 00 00 45 6e 64 c3 bf${" ".repeat(23)}|....End..|`,
      ],
      omitted: 0,
    });
  });

  test("says how much of it is not shown", () => {
    const difference = compareBytes(Buffer.from("a\n".repeat(100)), Buffer.from("b\n".repeat(30)));
    expect(difference?.rows).toHaveLength(40);
    expect(difference?.omitted).toBe(90);
  });
});
