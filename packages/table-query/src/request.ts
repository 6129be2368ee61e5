import { z } from "zod";

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

const upTo = (most: number): z.ZodNumber => z.number().int().min(1).max(most);

/** The shape of a {@link TableRequest}, as the query's process gets it. */
export const requestShape: z.ZodType<TableRequest> = z.strictObject({
  files: z.array(z.string().min(1).max(4096)).min(1).max(mostFiles),
  sql: z.string().optional(),
  recursive: z.boolean(),
  limits: z.strictObject({
    rows: upTo(largestLimits.rows),
    bytes: upTo(largestLimits.bytes),
    cell: upTo(largestLimits.cell),
    timeMs: upTo(largestLimits.timeMs),
    fileBytes: upTo(largestLimits.fileBytes),
  }),
  scratch: z.string().min(1),
}) as z.ZodType<TableRequest>;
