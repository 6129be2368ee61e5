import type { DatabaseSync } from "node:sqlite";

import { CodedError } from "@clawkeep/diagnostics";

/** Format of `catalog.sqlite`; another one is refused. The catalog is derived: it can be made again. */
export const catalogFormat = 1;

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
  findings TEXT NOT NULL
) STRICT`,
  `CREATE TABLE chunks (
  path TEXT NOT NULL,
  ordinal INTEGER NOT NULL,
  input BLOB NOT NULL,
  place TEXT NOT NULL,
  body TEXT NOT NULL
) STRICT`,
  "CREATE UNIQUE INDEX chunks_by_place ON chunks (path, ordinal)",
  "CREATE INDEX chunks_by_input ON chunks (input)",
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

/**
 * Refuses a file whose schema is not exactly ours: a planted trigger or view would run with the
 * statements of the next indexing.
 *
 * @throws CodedError `CATALOG_FOREIGN` when the schema differs, `CATALOG_CORRUPT` when SQLite's own
 *   check finds damage.
 */
export function checkCatalog(database: DatabaseSync, file: string): void {
  const schema = database
    .prepare("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL")
    .all()
    .map((row) => row["sql"]);
  const expected = [...statements].sort();
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
