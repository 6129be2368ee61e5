import type { ExitMeaning, Interpreter, RecordMode } from "./contract.ts";

/** One argument as it is written: which keys go with which `type` is for the schema to say. */
export interface WrittenArgument {
  readonly type: "string" | "integer" | "number" | "boolean" | "enum" | "path";
  readonly description?: string | undefined;
  readonly required?: boolean | undefined;
  readonly record?: RecordMode | undefined;
  readonly minBytes?: number | undefined;
  readonly maxBytes?: number | undefined;
  readonly multiline?: boolean | undefined;
  readonly notOption?: boolean | undefined;
  readonly minimum?: number | undefined;
  readonly maximum?: number | undefined;
  readonly values?: readonly string[] | undefined;
  readonly root?: string | undefined;
  readonly default?: string | number | boolean | undefined;
}

/** One action as it is written, defaults not yet filled in. */
export interface WrittenAction {
  readonly description: string;
  readonly argv: readonly string[];
  readonly stdin?:
    | "none"
    | { readonly json: readonly string[] }
    | { readonly text: string }
    | undefined;
  readonly arguments?: Readonly<Record<string, WrittenArgument>> | undefined;
  readonly execution?: "oneshot" | "resident" | undefined;
  readonly resident?:
    | {
        readonly argv: readonly string[];
        readonly idleMs?: number | undefined;
        readonly maxRequests?: number | undefined;
      }
    | undefined;
  readonly timeoutMs?: number | undefined;
  readonly output?:
    | {
        readonly format?: "json" | "text" | undefined;
        readonly maxBytes?: number | undefined;
        readonly overflow?: "fail" | "truncate" | undefined;
        readonly artifact?:
          | { readonly maxBytes?: number | undefined; readonly days?: number | undefined }
          | undefined;
        readonly schema?: string | boolean | Readonly<Record<string, unknown>> | undefined;
      }
    | undefined;
  readonly exitCodes?: Readonly<Record<string, ExitMeaning>> | undefined;
  readonly environment?: readonly string[] | undefined;
  readonly setEnvironment?: Readonly<Record<string, string>> | undefined;
  readonly secrets?:
    | Readonly<
        Record<
          string,
          {
            readonly reference: string;
            readonly as?: "environment" | undefined;
            readonly description?: string | undefined;
          }
        >
      >
    | undefined;
  readonly roots?:
    | Readonly<
        Record<
          string,
          {
            readonly access: "read" | "write";
            readonly default?: string | undefined;
            readonly provided?: "index-registry" | "audit-log" | undefined;
            readonly show?: "named" | undefined;
            readonly description?: string | undefined;
          }
        >
      >
    | undefined;
  readonly network?: "none" | undefined;
  readonly services?: readonly string[] | undefined;
  readonly limits?:
    | {
        readonly memoryMb?: number | undefined;
        readonly cpuSeconds?: number | undefined;
        readonly processes?: number | undefined;
        readonly openFiles?: number | undefined;
        readonly fileMb?: number | undefined;
      }
    | undefined;
  readonly retries?: { readonly attempts: number; readonly on: readonly number[] } | undefined;
  readonly provenance?: Readonly<Record<string, string>> | undefined;
  readonly determinism?:
    | {
        readonly promise: "bytes" | "json" | "none";
        readonly volatile?: readonly string[] | undefined;
      }
    | undefined;
  readonly effects?: "read-only" | "writes" | undefined;
  readonly sandbox?: "landlock" | "bubblewrap" | undefined;
}

/** The file as it is written, its actions not yet judged. */
export interface WrittenHead {
  readonly contract: 1;
  readonly program:
    | string
    | { readonly system: string }
    | { readonly file: string; readonly interpreter: Interpreter };
  readonly defaultAction?: string | undefined;
  readonly actions: Readonly<Record<string, unknown>>;
}
