import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { isCodedError } from "@clawkeep/diagnostics";
import fc from "fast-check";
import { afterAll, expect, test } from "vitest";

import { columnType } from "./column-values.ts";
import { headerFindings } from "./header-findings.ts";
import { openInput } from "./open-input.ts";
import { readDelimited } from "./read-delimited.ts";
import { readJson } from "./read-json.ts";

const folder = mkdtempSync(join(tmpdir(), "table-input-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function codeOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (isCodedError(error)) return error.code;
    throw error;
  }
  return "nothing";
}

const file = (name: string, bytes: string | Uint8Array): string => {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
};

test.each([
  ["a.csv", "", "TABLE_CSV"],
  ["a.csv", "a,b\n1\n", "TABLE_CSV"],
  ["a.csv", "a,b\n1,2,3\n", "TABLE_CSV"],
  ["a.csv", 'a\n"open\n', "TABLE_CSV"],
  ["a.csv", 'a\nx"y\n', "TABLE_CSV"],
  ["a.csv", 'a\n"x"y\n', "TABLE_CSV"],
  ["a.csv", "a,b\n1,2\n\n3,4\n", "TABLE_CSV"],
  ["a.csv", "a,,b\n1,2,3\n", "TABLE_HEADER"],
  ["a.csv", "Name,name\n1,2\n", "TABLE_HEADER"],
  ["a.csv", "a\n\0\n", "TABLE_UTF8"],
  ["a.csv", Uint8Array.of(0x61, 0x0a, 0xff), "TABLE_UTF8"],
  ["a.json", "{}", "TABLE_JSON"],
  ["a.json", "[1]", "TABLE_JSON"],
  ["a.json", "[{}]", "TABLE_JSON"],
  ["a.json", "[", "TABLE_JSON"],
  ["a.json", '[{"a":1,"A":2}]', "TABLE_HEADER"],
  ["a.jsonl", '{"a":1}\n[]\n', "TABLE_JSON"],
  ["a.txt", "a\n1\n", "TABLE_FORMAT"],
])("%s with %j is %s", (name, bytes, code) => {
  expect(codeOf(() => openInput(file(name, bytes), folder, 1000))).toBe(code);
});

test("links, folders and pipes are not opened", () => {
  const real = file("real.csv", "a\n1\n");
  symlinkSync(real, join(folder, "link.csv"));
  execFileSync("mkfifo", [join(folder, "pipe.csv")]);
  for (const name of ["link.csv", "pipe.csv", ".", "absent.csv"]) {
    expect(codeOf(() => openInput(join(folder, name), folder, 1000))).toBe("TABLE_FILE");
  }
});

test("all that is wrong with a header is found", () => {
  expect(headerFindings("f", ["", "a", "A", "b\u0007"]).map(({ message }) => message)).toEqual([
    "column 1 has no name",
    'column 3 has the name of column 2: "A"',
    "column 4 has a control character in its name",
  ]);
});

test.each([
  [["1", "-2", "0", ""], "INTEGER"],
  [["1", "2.5", "1e3"], "REAL"],
  [["007"], "TEXT"],
  [["-0"], "REAL"],
  [["+1"], "TEXT"],
  [["1,5"], "TEXT"],
  [["1e999"], "TEXT"],
  [["NaN"], "TEXT"],
  [["0x10"], "TEXT"],
  [[" 1"], "TEXT"],
  [["123456789012345678"], "INTEGER"],
  [["1234567890123456789"], "TEXT"],
  [["123456789012345678", "0.5"], "TEXT"],
  [["", ""], "TEXT"],
  [[], "TEXT"],
] as const)("a column of %j is %s", (texts, type) => {
  expect(columnType(texts)).toBe(type);
});

test("JSON keeps large numbers, booleans and what is nested", () => {
  const text =
    '[{"a":9007199254740993,"b":true,"c":{"d":[9007199254740993]}},{"e":null,"a":99999999999999999999,"b":1.5,"__proto__":"x"}]';
  expect(readJson("f", text, false)).toEqual({
    columns: ["a", "b", "c", "e", "__proto__"].map((name) => ({ name, type: "ANY" })),
    rows: [
      [9007199254740993n, 1n, '{"d":[9007199254740993]}', null, null],
      ["99999999999999999999", 1.5, null, null, "x"],
    ],
  });
});

test("any table survives CSV and TSV as it was", () => {
  const field = fc
    .string({ unit: "grapheme", maxLength: 8 })
    .filter((text) => !text.includes("\0"));
  const nasty = fc.constantFrom(
    '"',
    ",",
    "\t",
    "\n",
    "\r\n",
    "007",
    "x",
    "'",
    " ",
    "\ufeff",
    "=1+1",
    "",
  );
  const table = fc.integer({ min: 1, max: 4 }).chain((width) =>
    fc.array(fc.array(fc.oneof(field, nasty), { minLength: width, maxLength: width }), {
      minLength: 1,
      maxLength: 8,
    }),
  );
  fc.assert(
    fc.property(
      table,
      fc.constantFrom(",", "\t"),
      fc.constantFrom("\n", "\r\n"),
      (rows, delimiter, end) => {
        const width = rows[0]?.length ?? 0;
        const header = Array.from({ length: width }, (_, index) => `c${String(index)}`);
        // The first row makes each column one of texts: what is then read is what was written.
        const texts = [header.map(() => "text"), ...rows];
        const quoted = [header, ...texts]
          .map((row) => row.map((cell) => `"${cell.replaceAll('"', '""')}"`).join(delimiter))
          .join(end);
        const read = readDelimited("f", quoted, delimiter);
        expect(read.rows).toEqual(texts);
      },
    ),
    { numRuns: 300 },
  );
});

test("any column of whole numbers is read as these numbers", () => {
  const limit = 10n ** 18n - 1n;
  fc.assert(
    fc.property(fc.array(fc.bigInt({ min: -limit, max: limit }), { minLength: 1 }), (numbers) => {
      const text = `n\n${numbers.map(String).join("\n")}\n`;
      expect(readDelimited("f", text, ",").rows).toEqual(numbers.map((number) => [number]));
    }),
    { numRuns: 100 },
  );
});
