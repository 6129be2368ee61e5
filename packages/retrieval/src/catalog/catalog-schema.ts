import type { DatabaseSync } from "node:sqlite";

import { CodedError } from "@clawkeep/diagnostics";

/** Format of `catalog.sqlite`; another one is refused. The catalog is derived: it can be made again. */
export const catalogFormat = 3;

/** Formats that {@link renewCatalog} can take over: their vectors are as good as ours. */
const renewable: readonly string[] = ["1", "2"];

// Tables with long rows keep the rowid: SQLite packs those far better than keyed ones.
const statements: readonly string[] = [
  "CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID",
  `CREATE TABLE documents (
  path TEXT PRIMARY KEY,
  digest TEXT NOT NULL,
  size INTEGER NOT NULL,
  title TEXT NOT NULL,
  hint TEXT,
  indexed INTEGER NOT NULL,
  facts TEXT NOT NULL,
  findings TEXT NOT NULL
) STRICT`,
  `CREATE TABLE chunks (
  path TEXT NOT NULL,
  ordinal INTEGER NOT NULL,
  input BLOB NOT NULL,
  tokens INTEGER NOT NULL,
  place TEXT NOT NULL,
  body TEXT NOT NULL
) STRICT`,
  "CREATE UNIQUE INDEX chunks_by_place ON chunks (path, ordinal)",
  "CREATE INDEX chunks_by_input ON chunks (input)",
  // The order of embedding, longest first, without a sort.
  "CREATE INDEX chunks_by_work ON chunks (tokens, input)",
  "CREATE TABLE builds (build INTEGER PRIMARY KEY, space TEXT NOT NULL, name TEXT NOT NULL) STRICT",
  `CREATE TABLE vectors (
  input BLOB NOT NULL,
  build INTEGER NOT NULL,
  vector BLOB NOT NULL
) STRICT`,
  "CREATE UNIQUE INDEX vectors_by_input ON vectors (input, build)",
];

/** Creates the tables of an empty database. */
export function createCatalogTables(database: DatabaseSync): void {
  for (const statement of statements) {
    database.exec(statement);
  }
}

/** The statements of format 2, whose documents had no facts: the rest is the same. */
const formatTwo: readonly string[] = statements.map((statement) =>
  statement.replace("  facts TEXT NOT NULL,\n", ""),
);

/** Those of format 1, which had no tokens either. */
const formatOne: readonly string[] = formatTwo
  .filter((statement) => !statement.includes("chunks_by_work"))
  .map((statement) => statement.replace("  tokens INTEGER NOT NULL,\n", ""));

/**
 * Takes over a catalog of an earlier format: documents and chunks are forgotten and will be read
 * again, the vectors stay. False when the file is of no such format; it is left as it is then.
 *
 * @param file For messages.
 * @throws CodedError as {@link checkCatalog}.
 */
export function renewCatalog(database: DatabaseSync, file: string): boolean {
  const format = formatOf(database);
  if (format === undefined || !renewable.includes(format)) {
    return false;
  }
  checkCatalog(database, file, format === "1" ? formatOne : formatTwo);
  database.exec("BEGIN IMMEDIATE");
  try {
    database.exec("DROP TABLE chunks");
    database.exec("DROP TABLE documents");
    for (const statement of statements.filter((each) =>
      / (?:chunks|documents)\b|chunks_by/u.test(each),
    )) {
      database.exec(statement);
    }
    database.prepare("UPDATE facts SET value = ? WHERE name = 'format'").run(String(catalogFormat));
    database.prepare("INSERT OR REPLACE INTO facts VALUES ('job', ?)").run('{"stage":"renew"}');
    database.exec("COMMIT");
  } catch (error) {
    database.exec("ROLLBACK");
    throw error;
  }
  return true;
}

function formatOf(database: DatabaseSync): string | undefined {
  const facts = database
    .prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'facts' AND sql = ?")
    .get(statements[0] ?? "");
  const row = facts && database.prepare("SELECT value FROM facts WHERE name = 'format'").get();
  return row === undefined ? undefined : String(row["value"]);
}

/**
 * Refuses a file whose schema is not exactly ours: a planted trigger or view would run with the
 * statements of the next indexing.
 *
 * @throws CodedError `CATALOG_FOREIGN` when the schema differs, `CATALOG_CORRUPT` when SQLite's own
 *   check finds damage.
 */
export function checkCatalog(
  database: DatabaseSync,
  file: string,
  wanted: readonly string[] = statements,
): void {
  const schema = database
    .prepare("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL")
    .all()
    .map((row) => row["sql"]);
  const expected = [...wanted].sort();
  const found = schema.map(String).sort();
  if (JSON.stringify(found) !== JSON.stringify(expected)) {
    throw new CodedError({
      code: "CATALOG_FOREIGN",
      message: `expected the tables of a catalog of format ${catalogFormat} and nothing else in ${file}, got ${found.length} other or additional definitions`,
      hint: "the catalog only saves work: delete the index folder and index again",
    });
  }
  const verdict = database.prepare("PRAGMA quick_check(1)").get()?.["quick_check"];
  if (verdict !== "ok") {
    throw corruptCatalog(file, String(verdict));
  }
}

/** The error of a catalog that SQLite cannot read or that holds values of another kind. */
export function corruptCatalog(file: string, what: string, cause?: unknown): CodedError {
  return new CodedError({
    code: "CATALOG_CORRUPT",
    message: `expected a whole catalog in ${file}, got: ${what}`,
    hint: "the catalog only saves work: delete the index folder and index again",
    ...(cause === undefined ? {} : { cause }),
  });
}
