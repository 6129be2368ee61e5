import { pathToFileURL } from "node:url";
import type { DatabaseSync } from "node:sqlite";

import { CodedError } from "@clawkeep/diagnostics";

import type { TableDescription } from "../answer.ts";
import type { Input } from "../reading/open-input.ts";
import type { TableData } from "../reading/table-data.ts";
import { quoteName, tableNames } from "./table-names.ts";

/** Tables in a connection, and what of them may be read. */
export interface LoadedTables {
  readonly descriptions: readonly TableDescription[];
  /** `schema.table` in lower case. */
  readonly readable: ReadonlySet<string>;
}

/**
 * Puts text files into tables of the connection, and attaches databases, unchangeable.
 *
 * @throws CodedError TABLE_SQLITE_VIRTUAL
 */
export function loadTables(database: DatabaseSync, inputs: readonly Input[]): LoadedTables {
  const names = tableNames(inputs.map(({ file }) => file));
  const descriptions: TableDescription[] = [];
  const readable = new Set(["main.sqlite_master"]);
  for (const [index, input] of inputs.entries()) {
    const name = names[index] ?? "";
    if (input.kind === "table") {
      fillTable(database, name, input.data);
      readable.add(`main.${name.toLowerCase()}`);
      descriptions.push({
        name: quoteName(name),
        file: input.file,
        kind: "table",
        columns: input.data.columns,
        rows: input.data.rows.length,
      });
    } else {
      readable.add(`${name.toLowerCase()}.sqlite_master`);
      for (const { described, table } of attach(database, name, input)) {
        descriptions.push(described);
        readable.add(`${name}.${table}`.toLowerCase());
      }
    }
  }
  return { descriptions, readable };
}

function fillTable(database: DatabaseSync, name: string, { columns, rows }: TableData): void {
  const declared = columns.map((column) => `${quoteName(column.name, true)} ${column.type}`);
  const table = quoteName(name, true);
  database.exec("BEGIN");
  database.exec(`CREATE TABLE main.${table} (${declared.join(", ")}) STRICT`);
  const insert = database.prepare(
    `INSERT INTO main.${table} VALUES (${columns.map(() => "?").join(", ")})`,
  );
  for (const row of rows) insert.run(...row);
  database.exec("COMMIT");
}

interface AttachedTable {
  readonly table: string;
  readonly described: TableDescription;
}

function attach(
  database: DatabaseSync,
  schema: string,
  input: Input & { readonly kind: "sqlite" },
): readonly AttachedTable[] {
  const url = pathToFileURL(input.copy);
  url.search = "mode=ro&immutable=1";
  database.prepare(`ATTACH ? AS ${quoteName(schema, true)}`).run(url.href);
  const listed = database
    .prepare(
      `SELECT type, name, rootpage FROM ${quoteName(schema, true)}.sqlite_schema ` +
        "WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name",
    )
    .all()
    .map(({ type, name, rootpage }) => ({ type, name: String(name), rootpage }));
  // Whatever its module is, opening one runs that module's code on bytes that somebody else wrote.
  const virtual = listed.filter(({ type, rootpage }) => type === "table" && rootpage === 0);
  if (virtual.length > 0) {
    throw new CodedError({
      code: "TABLE_SQLITE_VIRTUAL",
      message: `${input.file}: expected plain tables, got the virtual ${virtual.map(({ name }) => JSON.stringify(name)).join(", ")}`,
      hint: "Ask a copy of the database in which these tables are dropped.",
    });
  }
  return listed.map(({ type, name }) => ({
    table: name,
    described: {
      name: `${quoteName(schema)}.${quoteName(name)}`,
      file: input.file,
      kind: type === "view" ? "view" : "table",
      columns: [],
    },
  }));
}

/**
 * Adds columns and numbers of rows to what was attached, once permissions stand. A view that may not be
 * read, or cannot be, keeps no columns.
 */
export function describeAttached(
  database: DatabaseSync,
  description: TableDescription,
): TableDescription {
  if (description.columns.length > 0) return description;
  try {
    const columns = database
      .prepare(`SELECT * FROM ${description.name}`)
      .columns()
      .map(({ name, type }) => ({ name, type: type === null || type === "" ? "ANY" : type }));
    if (description.kind === "view") return { ...description, columns };
    const counted = database.prepare(`SELECT count(*) AS rows FROM ${description.name}`).get();
    return { ...description, columns, rows: Number(counted?.["rows"]) };
  } catch (error) {
    if (description.kind === "view") return description;
    throw error;
  }
}
