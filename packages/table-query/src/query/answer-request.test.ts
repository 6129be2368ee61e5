import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

import { isCodedError } from "@clawkeep/diagnostics";
import { afterAll, expect, test } from "vitest";

import { defaultLimits } from "../request.ts";
import type { TableLimits } from "../request.ts";
import { answerRequest } from "./answer-request.ts";
import { hostileSql } from "./hostile-sql.cases.ts";

const folder = mkdtempSync(join(tmpdir(), "table-query-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const write = (name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};
const people = write("people.csv", "name,age\nAda,36\nBo,\n");

let databases = 0;
function databaseOf(sql: string): string {
  const path = join(folder, `base${String((databases += 1))}.sqlite`);
  const database = new DatabaseSync(path);
  database.exec(sql);
  database.close();
  return path;
}

function ask(
  files: readonly string[],
  sql?: string,
  limits: Partial<TableLimits> = {},
  recursive = false,
): unknown {
  const scratch = mkdtempSync(join(tmpdir(), "table-query-copy-"));
  try {
    return answerRequest({
      files,
      ...(sql === undefined ? {} : { sql }),
      recursive,
      limits: { ...defaultLimits, ...limits },
      scratch,
    });
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function codeOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (isCodedError(error)) return error.code;
    throw error;
  }
  return "nothing";
}

test.each(hostileSql.map(([what, sql, code]) => [what, sql, code ?? "TABLE_SQL_REFUSED"] as const))(
  "refuses %s",
  (_what, sql, code) => {
    const before = readdirSync(folder);
    expect(codeOf(() => ask([people], sql))).toBe(code);
    expect(readdirSync(folder)).toEqual(before);
  },
);

test.each([
  [
    "SELECT name, age FROM people ORDER BY name",
    [
      ["Ada", 36],
      ["Bo", null],
    ],
  ],
  ["SELECT count(*) FROM people", [[2]]],
  ["WITH t AS (SELECT age FROM people) SELECT count(*) FROM t", [[2]]],
  [
    "SELECT name, rank() OVER (ORDER BY age DESC) AS place FROM people",
    [
      ["Ada", 1],
      ["Bo", 2],
    ],
  ],
  [
    "VALUES (1, 'a'), (2, 'b')",
    [
      [1, "a"],
      [2, "b"],
    ],
  ],
  ["SELECT p.name FROM people p JOIN people q USING (name) WHERE q.age > 1; -- done", [["Ada"]]],
  [
    "SELECT 9007199254740992, 9007199254740991, -9007199254740993",
    [["9007199254740992", 9007199254740991, "-9007199254740993"]],
  ],
  [
    "SELECT x'00ff', 9e999, -9e999, 0.5, NULL",
    [[{ base64: "AP8=" }, "Infinity", "-Infinity", 0.5, null]],
  ],
  ["SELECT 0.0 / 0.0, 9e999 - 9e999", [[null, null]]],
  [
    "SELECT date('2026-01-31', '+1 day'), strftime('%Y', '2026-05-01'), unixepoch('1970-01-02')",
    [["2026-02-01", "2026", 86400]],
  ],
  ["SELECT json_extract('{\"a\":[1]}', '$.a[0]'), '{\"b\":2}' ->> 'b'", [[1, 2]]],
  ["SELECT name FROM sqlite_schema", [["people"]]],
])("answers %s", (sql, rows) => {
  expect(ask([people], sql)).toMatchObject({ version: 1, rows, truncated: false });
});

test("columns of one name stay apart", () => {
  expect(ask([people], "SELECT 1 AS a, 2 AS a")).toMatchObject({
    columns: ["a", "a"],
    rows: [[1, 2]],
  });
});

test("recursion works when it is asked for", () => {
  const sql = "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT n FROM c";
  expect(ask([people], sql, { rows: 3 }, true)).toMatchObject({
    rows: [[1], [2], [3]],
    truncated: true,
    reason: "row-limit",
  });
});

test("each limit cuts and says which one it was", () => {
  const many = write("many.csv", `n\n${"1\n".repeat(50)}`);
  expect(ask([many], "SELECT n FROM many", { rows: 50 })).toMatchObject({ truncated: false });
  expect(ask([many], "SELECT n FROM many", { rows: 49 })).toMatchObject({ reason: "row-limit" });
  expect(ask([many], "SELECT n FROM many", { bytes: 20 })).toMatchObject({
    rows: [[1], [1], [1], [1], [1]],
    reason: "byte-limit",
  });
  expect(ask([many], "SELECT 'abcdef', x'010203'", { cell: 2 })).toMatchObject({
    rows: [
      [
        { cut: "ab", length: 6 },
        { cut: "AQI=", length: 3 },
      ],
    ],
    reason: "cell-limit",
  });
  expect(codeOf(() => ask([many], "SELECT 1", { fileBytes: 10 }))).toBe("TABLE_FILE_TOO_LARGE");
});

test("a database is read beside a text file, and stays as it was", () => {
  const base = databaseOf(
    "CREATE TABLE ages(name TEXT, seen INT); INSERT INTO ages VALUES ('Ada', 1)",
  );
  const before = readFileSync(base);
  expect(ask([people, base], "SELECT age, seen FROM people JOIN ages USING (name)")).toMatchObject({
    rows: [[36, 1]],
  });
  expect(readFileSync(base).equals(before)).toBe(true);
  const schema = String(databases);
  expect(ask([people, base])).toEqual({
    version: 1,
    tables: [
      {
        name: "people",
        file: "people.csv",
        kind: "table",
        columns: [
          { name: "name", type: "TEXT" },
          { name: "age", type: "INTEGER" },
        ],
        rows: 2,
      },
      {
        name: `base${schema}.ages`,
        file: `base${schema}.sqlite`,
        kind: "table",
        columns: [
          { name: "name", type: "TEXT" },
          { name: "seen", type: "INT" },
        ],
        rows: 1,
      },
    ],
  });
});

test("planted views and triggers do nothing but read", () => {
  const base = databaseOf(`
    CREATE TABLE t(a); INSERT INTO t VALUES (1);
    CREATE TRIGGER planted AFTER INSERT ON t BEGIN DELETE FROM t; END;
    CREATE VIEW fine AS SELECT a + 1 AS b FROM t;
    CREATE VIEW loads AS SELECT load_extension('/tmp/evil.so') AS a;
    CREATE VIEW pages AS SELECT * FROM dbstat;
    CREATE VIEW clock AS SELECT datetime('now') AS a;
    CREATE VIEW forever AS WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT n FROM c;
  `);
  expect(ask([base], "SELECT b FROM fine")).toMatchObject({ rows: [[2]] });
  for (const view of ["loads", "pages", "clock", "forever"]) {
    expect(codeOf(() => ask([base], `SELECT * FROM ${view}`))).toMatch(/^TABLE_SQL/u);
  }
  expect(ask([base])).toMatchObject({
    tables: [
      {},
      { columns: [{ name: "b" }] },
      { columns: [] },
      { columns: [] },
      { columns: [] },
      { kind: "table", rows: 1 },
    ],
  });
});

test("a database with virtual tables is refused before their code runs", () => {
  const base = databaseOf("CREATE VIRTUAL TABLE f USING fts5(a)");
  expect(codeOf(() => ask([base], "SELECT 1"))).toBe("TABLE_SQLITE_VIRTUAL");
});

test("a column that calls a function that is not allowed is refused", () => {
  const base = databaseOf("CREATE TABLE t(a, b AS (datetime(a))); INSERT INTO t(a) VALUES (1)");
  expect(codeOf(() => ask([base], "SELECT b FROM t"))).toMatch(/^TABLE_SQL/u);
});

test("changes that a writer has not finished are not left out silently", () => {
  const base = databaseOf("CREATE TABLE t(a)");
  writeFileSync(`${base}-wal`, "x");
  expect(codeOf(() => ask([base], "SELECT * FROM t"))).toBe("TABLE_SQLITE_UNFINISHED");
});

test("a damaged database is an error", () => {
  const base = databaseOf("CREATE TABLE t(a); INSERT INTO t VALUES (randomblob(20000))");
  const bytes = readFileSync(base);
  bytes.fill(0xff, 100, 4096);
  writeFileSync(base, bytes);
  expect(codeOf(() => ask([base], "SELECT * FROM t"))).toBe("TABLE_SQL");
  writeFileSync(base, bytes.subarray(0, 50));
  expect(codeOf(() => ask([base], "SELECT * FROM t"))).toBe("TABLE_SQL");
});

test("files of one name, and names that SQL would not take", () => {
  const other = write("people.tsv", "name\tage\nCleo\t4\n");
  const digits = write("2026-01 sales.csv", "amount\n3\n");
  const sql = "SELECT people_2.name, t_2026_01_sales.amount FROM people_2, t_2026_01_sales";
  expect(ask([people, other, digits], sql)).toMatchObject({ rows: [["Cleo", 3]] });
});
