/** A value as SQLite keeps it. */
export type Value = null | bigint | number | string;

/** How a column is declared. `ANY` keeps each value as it is. */
export type ColumnType = "INTEGER" | "REAL" | "TEXT" | "ANY";

/** A text file as a table. */
export interface TableData {
  readonly columns: readonly { readonly name: string; readonly type: ColumnType }[];
  readonly rows: readonly (readonly Value[])[];
}
