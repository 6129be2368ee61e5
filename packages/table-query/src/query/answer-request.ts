import { DatabaseSync } from "node:sqlite";
import type { SQLOutputValue } from "node:sqlite";

import { CodedError, isCodedError } from "@clawkeep/diagnostics";

import type { Cell, CutReason, QueryAnswer, SchemaAnswer } from "../answer.ts";
import { openInput } from "../reading/open-input.ts";
import type { TableLimits, TableRequest } from "../request.ts";
import { authorize } from "./authorizer.ts";
import { cellOf, isCut } from "./cell.ts";
import { replaceClock } from "./clock-functions.ts";
import { describeAttached, loadTables } from "./load-tables.ts";
import { longestSql, refuseRest, refuseText, refused } from "./one-statement.ts";

/** Bytes that SQLite may take from memory beyond what the files hold. */
const heapBytes = 512 * 1024 * 1024;

/** Bytes of the longest text or blob that a query may make. */
const longestValue = 16 * 1024 * 1024;

/**
 * Answers in this process, however long it takes: nothing can end a step of SQLite but the end of its
 * process. See `queryTables` for the time limit.
 *
 * @throws CodedError TABLE_…
 */
export function answerRequest(request: TableRequest): QueryAnswer | SchemaAnswer {
  const { sql, limits } = request;
  if (sql !== undefined) refuseText(sql);
  const inputs = request.files.map((path) => openInput(path, request.scratch, limits.fileBytes));
  const database = new DatabaseSync(":memory:", { allowExtension: false });
  // SQLite says "not authorized"; what was denied is known here alone.
  let denied: CodedError | undefined;
  const refuse = (error: CodedError): void => {
    denied ??= error;
  };
  try {
    database.enableDefensive(true);
    database.exec(
      "PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; PRAGMA mmap_size = 0; " +
        `PRAGMA temp_store = MEMORY; PRAGMA hard_heap_limit = ${String(heapBytes)}`,
    );
    replaceClock(database, refuse);
    const { descriptions, readable } = loadTables(database, inputs);
    database.exec("PRAGMA query_only = ON");
    limitSqlite(database);
    authorize(
      database,
      {
        tables: readable,
        recursive: request.recursive,
      },
      refuse,
    );
    if (sql !== undefined) return rowsOf(database, sql, limits);
    const tables = descriptions.map((table) => {
      const described = describeAttached(database, table);
      // A view that may not be read is no error of this question.
      denied = undefined;
      return described;
    });
    return { version: 1, tables };
  } catch (error) {
    throw denied ?? (isCodedError(error) ? error : sqliteError(error));
  } finally {
    database.close();
  }
}

function limitSqlite({ limits }: DatabaseSync): void {
  limits.length = longestValue;
  limits.sqlLength = longestSql;
  limits.exprDepth = 200;
  limits.compoundSelect = 50;
  limits.functionArg = 100;
  limits.likePatternLength = 1000;
}

function rowsOf(database: DatabaseSync, sql: string, limits: TableLimits): QueryAnswer {
  const statement = database.prepare(sql);
  refuseRest(sql, statement.sourceSQL);
  const columns = statement.columns().map(({ name }) => name);
  if (columns.length === 0) throw refused("expected a query that gives rows, got another one");
  statement.setReturnArrays(true);
  statement.setReadBigInts(true);
  const rows: Cell[][] = [];
  let bytes = 0;
  let reason: CutReason | undefined;
  // The type does not know setReturnArrays.
  for (const values of statement.iterate() as unknown as Iterable<SQLOutputValue[]>) {
    if (rows.length === limits.rows) {
      reason ??= "row-limit";
      break;
    }
    const row = values.map((value) => cellOf(value, limits.cell));
    bytes += Buffer.byteLength(JSON.stringify(row)) + 1;
    if (bytes > limits.bytes) {
      reason ??= "byte-limit";
      break;
    }
    if (row.some(isCut)) reason ??= "cell-limit";
    rows.push(row);
  }
  return {
    version: 1,
    columns,
    rows,
    truncated: reason !== undefined,
    ...(reason === undefined ? {} : { reason }),
  };
}

function sqliteError(error: unknown): CodedError {
  const message = error instanceof Error ? error.message : String(error);
  return /out of memory/iu.test(message)
    ? new CodedError({
        code: "TABLE_MEMORY_LIMIT",
        message: `the query needs more than ${String(heapBytes)} bytes of memory`,
        hint: "Ask for less: a WHERE, a LIMIT, a smaller join.",
        cause: error,
      })
    : new CodedError({
        code: "TABLE_SQL",
        message: `SQLite: ${message}`,
        hint: "Correct the query; --schema names tables and columns.",
        cause: error,
      });
}
