import { CodedError } from "@clawkeep/diagnostics";
import { parse } from "csv-parse/sync";

import { columnType, columnValue } from "./column-values.ts";
import { refuseHeader } from "./header-findings.ts";
import type { TableData } from "./table-data.ts";

/**
 * Reads CSV or TSV by RFC 4180: the first record names the columns, each other record has as many
 * fields, quotes stand around a whole field.
 *
 * @throws CodedError TABLE_CSV, TABLE_HEADER
 */
export function readDelimited(file: string, text: string, delimiter: "," | "\t"): TableData {
  const [header, ...records] = parseRecords(file, text, delimiter);
  if (header === undefined) {
    throw new CodedError({
      code: "TABLE_CSV",
      message: `${file}: expected a first line with names of columns, got nothing`,
      hint: "Write the names of the columns into the first line.",
    });
  }
  refuseHeader(file, header);
  const types = header.map((_, index) => columnType(records.map((record) => record[index] ?? "")));
  return {
    columns: header.map((name, index) => ({ name, type: types[index] ?? "TEXT" })),
    rows: records.map((record) =>
      record.map((field, index) => columnValue(field, types[index] ?? "TEXT")),
    ),
  };
}

function parseRecords(
  file: string,
  text: string,
  delimiter: string,
): readonly (readonly string[])[] {
  try {
    return parse(text, {
      bom: true,
      delimiter,
      record_delimiter: ["\r\n", "\n", "\r"],
      relax_column_count: false,
      relax_quotes: false,
      skip_empty_lines: false,
      trim: false,
    });
  } catch (error) {
    throw new CodedError({
      code: "TABLE_CSV",
      message: `${file}: ${error instanceof Error ? error.message : "not readable as CSV"}`,
      hint: "Give each line as many fields as the first one, and write a quote in a quoted field twice.",
      cause: error,
    });
  }
}
