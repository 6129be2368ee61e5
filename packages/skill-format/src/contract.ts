import type { Digest } from "@clawkeep/integrity";

/**
 * A contract of version 1 with every default filled in: what `exec.yaml` means, not how it was
 * written. `docs/exec-contract.md` is the specification; a reader of version 1 gives the same value
 * for the same file forever.
 */
export interface Contract {
  readonly contract: 1;
  readonly program: ProgramReference;
  /** Set when it was written, or when there is exactly one action. */
  readonly defaultAction?: string;
  readonly actions: Readonly<Record<string, Action>>;
}

/** What is run: a program installed beside the runtime, one of the system, or a file of the skill's own folder. */
export type ProgramReference = InstalledProgram | SystemProgram | FileProgram;

/** A program that the runtime finds by name in the folders that the application gave it. */
export interface InstalledProgram {
  readonly kind: "installed";
  readonly name: string;
}

/** A program of the operating system, found in fixed folders that only root can change; never by PATH. */
export interface SystemProgram {
  readonly kind: "system";
  readonly name: string;
}

/** A file of the skill folder and what interprets it; `none` means that it is executed itself. */
export interface FileProgram {
  readonly kind: "file";
  /** Relative to the skill folder, with `/`. */
  readonly file: string;
  readonly interpreter: Interpreter;
}

/** What can interpret a skill's own file. */
export type Interpreter = "node" | "python3" | "sh" | "none";

/** One thing that a skill can do. */
export interface Action {
  readonly description: string;
  /** Arguments after the program. A template has already been taken apart into its elements. */
  readonly argv: readonly ArgvElement[];
  readonly stdin: StdinTemplate;
  readonly arguments: Readonly<Record<string, ArgumentSpec>>;
  readonly execution: "oneshot" | "resident";
  /** Present exactly when `execution` is `resident`. */
  readonly resident?: ResidentSpec;
  /** Wall-clock milliseconds for one run, or for one request to a resident process. */
  readonly timeoutMs: number;
  readonly output: OutputSpec;
  /** Keys are decimal exit codes. A code that is not here is a failure. */
  readonly exitCodes: Readonly<Record<string, ExitMeaning>>;
  /** Names of environment variables that pass through from the runtime's own environment. */
  readonly environment: readonly string[];
  /** Variables with a fixed value. */
  readonly setEnvironment?: Readonly<Record<string, string>>;
  readonly secrets: Readonly<Record<string, SecretReference>>;
  readonly roots: Readonly<Record<string, RootSpec>>;
  readonly network: "none";
  /** Names of services of this machine whose one socket the program is given. */
  readonly services: readonly string[];
  /** Bounds beyond time and output. A key that is absent is the runtime's choice. */
  readonly limits?: ResourceLimits;
  readonly retries?: RetrySpec;
  /** Name in the record → JSON pointer (RFC 6901) into the output. */
  readonly provenance: Readonly<Record<string, string>>;
  readonly determinism: DeterminismPromise;
  readonly effects: "read-only" | "writes";
  /** The weakest sandbox level that the action may run at; without it, any. */
  readonly sandbox?: "landlock" | "bubblewrap";
}

/** One element of an argv: fixed text, or the whole value of one argument or root. */
export type ArgvElement =
  | { readonly kind: "literal"; readonly text: string }
  | { readonly kind: "argument"; readonly name: string }
  | { readonly kind: "root"; readonly name: string };

/** What a one-shot run reads on its standard input. */
export type StdinTemplate =
  | { readonly kind: "none" }
  /** One JSON object (RFC 8785) of these arguments, and a newline. */
  | { readonly kind: "json"; readonly arguments: readonly string[] }
  /** The UTF-8 bytes of one string argument, nothing added. */
  | { readonly kind: "text"; readonly argument: string };

/** How an argument's value is kept in the audit record: as it is, or as an HMAC under the log's key. */
export type RecordMode = "store" | "keyed";

interface ArgumentBase {
  readonly description?: string;
  /** False only for an argument without a default that may be left out; it is then not in the JSON. */
  readonly required: boolean;
  readonly record: RecordMode;
}

/** Text without NUL, lone surrogates or control characters (`multiline` lets tab, LF and CR in). */
export interface StringArgument extends ArgumentBase {
  readonly type: "string";
  /** UTF-8 bytes. */
  readonly minBytes: number;
  /** UTF-8 bytes. */
  readonly maxBytes: number;
  readonly multiline: boolean;
  /** True when the value may not begin with `-`, so that it may stand where options do. */
  readonly notOption?: true;
  readonly default?: string;
}

/** A whole number within ±(2^53 − 1). */
export interface IntegerArgument extends ArgumentBase {
  readonly type: "integer";
  readonly minimum: number;
  readonly maximum: number;
  readonly default?: number;
}

/** A finite number. */
export interface NumberArgument extends ArgumentBase {
  readonly type: "number";
  readonly minimum: number;
  readonly maximum: number;
  readonly default?: number;
}

/** `true` or `false`; in an argv it is spelled so. */
export interface BooleanArgument extends ArgumentBase {
  readonly type: "boolean";
  readonly default?: boolean;
}

/** One of the listed texts. */
export interface EnumArgument extends ArgumentBase {
  readonly type: "enum";
  readonly values: readonly string[];
  readonly default?: string;
}

/** A path relative to a declared root; the program gets it absolute, below that root. */
export interface PathArgument extends ArgumentBase {
  readonly type: "path";
  readonly root: string;
  /** UTF-8 bytes. */
  readonly maxBytes: number;
  readonly default?: string;
}

/** What one argument may be. */
export type ArgumentSpec =
  | StringArgument
  | IntegerArgument
  | NumberArgument
  | BooleanArgument
  | EnumArgument
  | PathArgument;

/** The long-lived form of an action. */
export interface ResidentSpec {
  /** Literals and roots only: arguments travel in the requests. */
  readonly argv: readonly ArgvElement[];
  /** Milliseconds without a request after which the process is ended. */
  readonly idleMs: number;
  /** Requests after which the process is replaced by a new one. Absent: the runtime's choice. */
  readonly maxRequests?: number;
}

/** What a run may use at most. How each bound is held depends on the machine; the record names it. */
export interface ResourceLimits {
  /** Mebibytes (2^20 bytes) of memory. */
  readonly memoryMb?: number;
  /** Seconds of processor time, of all its processes together. */
  readonly cpuSeconds?: number;
  /** Processes and threads at one time. */
  readonly processes?: number;
  /** Open files of one process. */
  readonly openFiles?: number;
  /** Mebibytes of the largest file that it writes. */
  readonly fileMb?: number;
}

/** When a one-shot run is done again. Only for actions without effects. */
export interface RetrySpec {
  /** Runs in all, the first one included. */
  readonly attempts: number;
  /** Exit codes after which another run is worth trying; each of them is a failure. */
  readonly on: readonly number[];
}

/** What a run may print on its standard output. */
export interface OutputSpec {
  readonly format: "json" | "text";
  /** Bytes of standard output, or of one resident reply's output. */
  readonly maxBytes: number;
  /** `fail`: the run is ended. `truncate`: the first `maxBytes` are kept (text only). */
  readonly overflow: "fail" | "truncate";
  /** How the whole of an output that was cut is kept. Absent: as the runtime keeps artifacts. */
  readonly artifact?: ArtifactSpec;
  /** The JSON Schema itself, whether it was written inline or in a file. See `compileSchema`. */
  readonly schema?: JsonSchema;
  /** The file the schema came from, relative to the skill folder. */
  readonly schemaFile?: string;
}

/** The file that holds an output whole when only its beginning is handed on. */
export interface ArtifactSpec {
  /** Bytes beyond which the run is ended, as with `overflow: fail`. */
  readonly maxBytes?: number;
  /** Days after which it may be removed; the runtime's owner may remove it sooner. */
  readonly days?: number;
}

/** A JSON Schema (2020-12) within the subset of `docs/exec-contract.md`. */
export type JsonSchema = boolean | { readonly [keyword: string]: unknown };

/** What an exit code says: it worked; it worked and the answer is no; it did not work. */
export type ExitMeaning = "done" | "no" | "failure";

/** Where a secret is kept. The value is never in a contract, an argv or a record. */
export interface SecretReference {
  readonly reference: string;
  /**
   * `environment`: the variable of that name holds the value. Absent: a private file holds it, and the
   * variable `NAME_FILE` holds the file's path.
   */
  readonly as?: "environment";
  readonly description?: string;
}

/** A folder that an action is given. */
export interface RootSpec {
  readonly access: "read" | "write";
  /** Relative to the workspace, with `/`. Without it the caller must name the folder. */
  readonly default?: string;
  /**
   * A folder of the runtime's own, taken when the caller names none; only with `access: read`. Of an
   * `audit-log`, whoever names it, only the files without secrets are shown.
   */
  readonly provided?: "index-registry" | "audit-log";
  /**
   * `named`: the program sees only what `path` arguments name, each the very file or folder that the
   * runtime opened. Absent: all of it.
   */
  readonly show?: "named";
  readonly description?: string;
}

/** What is equal when the same arguments meet the same roots again. */
export interface DeterminismPromise {
  readonly promise: "bytes" | "json" | "none";
  /** JSON pointers (RFC 6901) to parts of the output that may differ; only with `json`. */
  readonly volatile: readonly string[];
}

/** A regular file that belongs to a skill. */
export interface SkillFile {
  /** Relative to the skill folder, with `/`. */
  readonly path: string;
  readonly bytes: number;
  readonly digest: Digest;
}

/** A skill folder that was read and found valid. */
export interface Skill {
  readonly name: string;
  readonly description: string;
  readonly license?: string;
  /** Absolute. */
  readonly folder: string;
  /** Over the sorted `path:sha256` lines of `files`. */
  readonly folderDigest: Digest;
  /** `exec.yaml` or `exec.json`. */
  readonly contractFile: string;
  /** Over the bytes of the contract file. */
  readonly contractDigest: Digest;
  readonly contract: Contract;
  /** Sorted by path (UTF-8 bytes). Files and folders whose name starts with a dot are not part of a skill. */
  readonly files: readonly SkillFile[];
}
