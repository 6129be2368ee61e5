import { DatabaseSync, constants } from "node:sqlite";

import { CodedError } from "@clawkeep/diagnostics";

import { allowedFunctions } from "./allowed-functions.ts";
import { quoteName } from "./table-names.ts";

/** What a statement may touch. */
export interface Permissions {
  /** `schema.table` of everything that may be read, in lower case. */
  readonly tables: ReadonlySet<string>;
  readonly recursive: boolean;
}

const actionNames: ReadonlyMap<number, string> = new Map(
  Object.entries(constants)
    .filter(([name]) => /^SQLITE_(?!OK$|DENY$|IGNORE$|CHANGESET)/u.test(name))
    .map(([name, value]) => [value, name.slice("SQLITE_".length)]),
);

/**
 * Lets SQLite compile nothing but reading. What is not named here is denied, also what a later SQLite
 * knows. It is asked when a statement is compiled, for views and subqueries too.
 *
 * @param refuse Called with the error of what is denied
 */
export function authorize(
  database: DatabaseSync,
  permissions: Permissions,
  refuse: (error: CodedError) => void,
): void {
  database.setAuthorizer((action, first, second, schema) => {
    const error = denial(permissions, action, first, second, schema);
    if (error === undefined) return constants.SQLITE_OK;
    refuse(error);
    return constants.SQLITE_DENY;
  });
}

function denial(
  permissions: Permissions,
  action: number,
  first: string | null,
  second: string | null,
  schema: string | null,
): CodedError | undefined {
  switch (action) {
    case constants.SQLITE_SELECT:
      return undefined;
    case constants.SQLITE_READ:
      return mayRead(permissions, first ?? "", second ?? "", schema)
        ? undefined
        : refusal(`the table ${JSON.stringify(first)}`);
    case constants.SQLITE_FUNCTION:
      return allowedFunctions.has((second ?? "").toLowerCase())
        ? undefined
        : refusal(`the function ${JSON.stringify(second)}`);
    case constants.SQLITE_RECURSIVE:
      return permissions.recursive
        ? undefined
        : refusal("WITH RECURSIVE", "Say --recursive if the query must have it.");
    default:
      return refusal(actionNames.get(action) ?? `action ${String(action)}`);
  }
}

function mayRead(
  { tables }: Permissions,
  name: string,
  column: string,
  schema: string | null,
): boolean {
  const table = name.toLowerCase();
  if (schema !== null) return tables.has(`${schema.toLowerCase()}.${table}`);
  // A name of which no column is read comes without its schema, and may be that of a WITH.
  return column === "" && (table === "sqlite_master" || !isPartOfSqlite(name));
}

/** Whether a name is a table in a connection that holds nothing: a table-valued function, a pragma. */
function isPartOfSqlite(name: string): boolean {
  using empty = new DatabaseSync(":memory:");
  try {
    empty.prepare(`SELECT 1 FROM ${quoteName(name, true)}`);
    return true;
  } catch (error) {
    return !(error instanceof Error && error.message.startsWith("no such table"));
  }
}

function refusal(what: string, hint?: string): CodedError {
  return new CodedError({
    code: "TABLE_SQL_REFUSED",
    message: `expected a query that only reads the given tables, got ${what}`,
    hint: hint ?? "Write one SELECT over the tables that --schema names.",
  });
}
