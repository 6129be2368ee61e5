import { CodedError } from "@clawkeep/diagnostics";
// The small form: the program that skills run pays for each byte of its one file at every start.
import * as z from "zod/mini";

/** What may not be exceeded. All are whole numbers. */
export interface TableLimits {
  /** Rows in an answer. */
  readonly rows: number;
  /** Bytes of JSON that the rows of an answer have together. */
  readonly bytes: number;
  /** UTF-16 units of a text, or bytes of a blob, in an answer. */
  readonly cell: number;
  /** Milliseconds from the start of the query's process to its end. */
  readonly timeMs: number;
  /** Bytes of one input file. */
  readonly fileBytes: number;
}

/** Limits where nobody says otherwise. */
export const defaultLimits: TableLimits = {
  rows: 200,
  bytes: 500_000,
  cell: 10_000,
  timeMs: 10_000,
  fileBytes: 64 * 1024 * 1024,
};

/** Limits that cannot be raised. */
export const largestLimits: TableLimits = {
  rows: 100_000,
  bytes: 16_000_000,
  cell: 1_000_000,
  timeMs: 600_000,
  fileBytes: 1024 * 1024 * 1024,
};

/** Most files in one query: SQLite attaches no more than ten. */
export const mostFiles: number = 8;

/** One question about files. */
export interface TableRequest {
  readonly files: readonly string[];
  /** One statement that reads. Without it the tables themselves are described. */
  readonly sql?: string;
  /** Allows `WITH RECURSIVE`. */
  readonly recursive: boolean;
  readonly limits: TableLimits;
  /** Private folder for copies of SQLite files; whoever asks removes it. */
  readonly scratch: string;
}

const upTo = (most: number): z.ZodMiniNumber => z.int().check(z.minimum(1), z.maximum(most));

const text = z.string().check(z.minLength(1), z.maxLength(4096));

/** The shape of a {@link TableRequest}, as the query's process gets it. */
export const requestShape: z.ZodMiniType<TableRequest> = z.strictObject({
  files: z.array(text).check(z.minLength(1), z.maxLength(mostFiles)),
  sql: z.optional(z.string()),
  recursive: z.boolean(),
  limits: z.strictObject({
    rows: upTo(largestLimits.rows),
    bytes: upTo(largestLimits.bytes),
    cell: upTo(largestLimits.cell),
    timeMs: upTo(largestLimits.timeMs),
    fileBytes: upTo(largestLimits.fileBytes),
  }),
  scratch: text,
}) as z.ZodMiniType<TableRequest>;

/** What a question on standard input says. */
export interface TableInput {
  readonly files: readonly string[];
  readonly sql?: string;
  readonly limits: Partial<TableLimits>;
}

/** Bytes of the longest question on standard input. */
export const longestInput: number = 1_000_000;

const inputShape = z.strictObject({
  file: z.string(),
  other: z.optional(z.string()),
  sql: z.optional(z.string()),
  maxRows: z.optional(upTo(largestLimits.rows)),
});

/**
 * Reads `{"file": …, "other": …, "sql": …, "maxRows": …}`; only `file` must be there.
 *
 * @throws CodedError TABLE_INPUT
 */
export function readTableInput(text: string): TableInput {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw wrongInput("got no JSON", cause);
  }
  const { data, error } = inputShape.safeParse(value);
  if (data === undefined) throw wrongInput(z.prettifyError(error).replaceAll("\n", " "), error);
  return {
    files: data.other === undefined ? [data.file] : [data.file, data.other],
    ...(data.sql === undefined ? {} : { sql: data.sql }),
    limits: data.maxRows === undefined ? {} : { rows: data.maxRows },
  };
}

function wrongInput(got: string, cause: unknown): CodedError {
  return new CodedError({
    code: "TABLE_INPUT",
    message: `expected {"file": …, "other": …, "sql": …, "maxRows": …} on standard input: ${got}`,
    hint: "Write one JSON object; only file must be in it.",
    cause,
  });
}
