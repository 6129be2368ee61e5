/** A cell of an answer. An integer beyond ±(2^53 − 1) is a text, and so are the infinities. */
export type Cell =
  | null
  | number
  | string
  | { readonly base64: string }
  | { readonly cut: string; readonly length: number };

/** Why an answer is not whole. */
export type CutReason = "row-limit" | "byte-limit" | "cell-limit";

/** Rows that a statement gave. */
export interface QueryAnswer {
  readonly version: 1;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
  readonly truncated: boolean;
  /** Only when truncated: the first limit that was met. */
  readonly reason?: CutReason;
}

/** One table that can be asked. */
export interface TableDescription {
  /** As it is written in SQL, with its schema where it has one. */
  readonly name: string;
  /** The input file's name, without its folder. */
  readonly file: string;
  readonly kind: "table" | "view";
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  /** Absent for a view. */
  readonly rows?: number;
}

/** What can be asked. */
export interface SchemaAnswer {
  readonly version: 1;
  readonly tables: readonly TableDescription[];
}
