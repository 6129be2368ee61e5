import { CodedError, escapeForTerminal, isCodedError } from "@clawkeep/diagnostics";
import { defaultLimits, longestInput, queryTables, readTableInput } from "@clawkeep/table-query";
import type {
  Cell,
  QueryAnswer,
  SchemaAnswer,
  TableInput,
  TableLimits,
} from "@clawkeep/table-query";

import { printData, printJson, printNote } from "../output/print.ts";
import { cancellable } from "../place/cancellation.ts";
import { tableProgram } from "../place/table-program.ts";

/** Options of `table` as they were written. */
export interface TableOptions {
  readonly sql?: string | undefined;
  readonly stdin?: boolean | undefined;
  readonly schema?: boolean | undefined;
  readonly recursive?: boolean | undefined;
  readonly maxRows?: string | undefined;
  readonly maxBytes?: string | undefined;
  readonly maxCell?: string | undefined;
  readonly maxFileBytes?: string | undefined;
  readonly timeLimitMs?: string | undefined;
  readonly json?: boolean | undefined;
}

/** Asks files by SQL, or says what can be asked, and prints the answer. */
export async function tableCommand(
  files: readonly string[],
  options: TableOptions,
): Promise<number> {
  try {
    const input = await inputOf(files, options);
    return await cancellable(async (signal) => {
      const answer = await queryTables({
        ...input,
        recursive: options.recursive === true,
        child: [tableProgram, "--child", String(process.pid)],
        signal,
      });
      if (options.json === true) printJson(answer);
      else printText(answer);
      return 0;
    });
  } catch (error) {
    if (options.json !== true || !isCodedError(error)) throw error;
    const { code, message, hint } = error;
    printJson({ version: 1, error: { code, message, ...(hint === undefined ? {} : { hint }) } });
    return 2;
  }
}

async function inputOf(files: readonly string[], options: TableOptions): Promise<TableInput> {
  const limits = limitsOf(options);
  const { sql, stdin, schema } = options;
  if (stdin === true) {
    if (files.length > 0 || sql !== undefined) {
      throw usage("expected either --stdin, or files and --sql");
    }
    const read = readTableInput(await standardInput());
    if ((schema === true) !== (read.sql === undefined)) {
      throw usage("expected sql on standard input, or --schema and none");
    }
    return { ...read, limits: { ...limits, ...read.limits } };
  }
  if ((schema === true) !== (sql === undefined)) throw usage("expected either --sql or --schema");
  return { files, ...(sql === undefined ? {} : { sql }), limits };
}

function limitsOf(options: TableOptions): Partial<TableLimits> {
  const limit = (written: string | undefined, key: keyof TableLimits): number => {
    if (written === undefined) return defaultLimits[key];
    return /^\d{1,15}$/u.test(written) ? Number(written) : Number.NaN;
  };
  return {
    rows: limit(options.maxRows, "rows"),
    bytes: limit(options.maxBytes, "bytes"),
    cell: limit(options.maxCell, "cell"),
    fileBytes: limit(options.maxFileBytes, "fileBytes"),
    timeMs: limit(options.timeLimitMs, "timeMs"),
  };
}

async function standardInput(): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of process.stdin) {
    const bytes = Buffer.from(chunk as Uint8Array);
    length += bytes.length;
    if (length > longestInput) {
      throw usage(`expected at most ${String(longestInput)} bytes on standard input, got more`);
    }
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function usage(message: string): CodedError {
  return new CodedError({
    code: "TABLE_USAGE",
    message,
    hint: 'Write: table FILE… --sql "SELECT …", or table FILE… --schema.',
  });
}

function printText(answer: QueryAnswer | SchemaAnswer): void {
  if ("tables" in answer) {
    for (const { name, file, kind, columns, rows } of answer.tables) {
      const size = rows === undefined ? "" : `, rows: ${String(rows)}`;
      printData(escapeForTerminal(`${name} (${kind} of ${file}${size})`));
      for (const column of columns) printData(escapeForTerminal(`  ${column.name} ${column.type}`));
    }
    return;
  }
  for (const row of [answer.columns, ...answer.rows]) {
    printData(row.map((cell) => escapeForTerminal(textOf(cell))).join("\t"));
  }
  if (answer.reason !== undefined) printNote(`cut: ${answer.reason}`);
}

function textOf(cell: Cell): string {
  if (cell === null) return "";
  return typeof cell === "object" ? JSON.stringify(cell) : String(cell);
}
