import type { Digest, JsonValue } from "@clawkeep/integrity";

/** HMAC-SHA-256 under a key of the log: shows equality within one log, tells nothing to others. */
export type KeyedDigest = `hmac-sha256:${string}`;

/** How far a process is kept from the machine. `none` is a level too: it is recorded as such. */
export type SandboxLevel = "bubblewrap" | "landlock" | "seatbelt" | "none";

/** A value as it is, or its keyed digest and the length of its UTF-8 text in bytes. */
export type RecordedValue =
  | { readonly stored: JsonValue }
  | { readonly keyed: KeyedDigest; readonly bytes: number };

/** Who asked, as the runtime saw it for itself. */
export interface ObservedCaller {
  /** A word: `cli`, `mcp-stdio`, `mcp-http`, `socket`, `library`. */
  readonly transport: string;
  /** Id of the token that the caller proved to have. */
  readonly authenticated?: string;
  readonly uid?: number;
  readonly pid?: number;
  /** The calling program; `digest` is over its executable. */
  readonly parent?: { readonly pid?: number; readonly name?: string; readonly digest?: Digest };
}

/** What a caller of the log states before a process is started. */
export interface ExecutionStart {
  /** The program that writes the record. The log adds its process. */
  readonly runtime: { readonly name: string; readonly version: string };
  readonly caller: {
    readonly observed: ObservedCaller;
    /** What the caller said of itself: names and texts as received. */
    readonly claimed?: Readonly<Record<string, string>>;
  };
  readonly skill: {
    readonly name: string;
    readonly folderDigest: Digest;
    readonly contractDigest: Digest;
    readonly closureDigest: Digest;
    /** `partial` when not every file that runs was hashed. */
    readonly closure: "complete" | "partial";
  };
  readonly action: string;
  readonly form: "oneshot" | "resident";
  /** With `form: "resident"` only: which process, and which request (1, 2 …) it was to it. */
  readonly resident?: { readonly process: string; readonly request: number };
  readonly arguments: Readonly<Record<string, RecordedValue>>;
  /** Names of the environment variables passed. The log sorts them. */
  readonly environment: readonly string[];
  readonly roots: Readonly<
    Record<string, { readonly access: "read" | "write"; readonly path: RecordedValue }>
  >;
  readonly sandbox: {
    readonly level: SandboxLevel;
    readonly required?: SandboxLevel;
    readonly version?: string;
  };
  readonly network: "none";
  readonly limits: {
    readonly timeoutMs: number;
    readonly stdoutBytes: number;
    readonly stderrBytes: number;
    readonly memoryBytes?: number;
    readonly cpuMs?: number;
    readonly processes?: number;
    readonly openFiles?: number;
    readonly fileBytes?: number;
  };
}

/** One output stream: digest and length of the bytes received, and whether more was cut off. */
export interface RecordedOutput {
  readonly digest: Digest | KeyedDigest;
  readonly bytes: number;
  readonly truncated: boolean;
}

/** How an execution came to its end. */
export type ExecutionEnding =
  | "exited"
  | "signalled"
  | "timeout"
  | "stdout-limit"
  | "stderr-limit"
  | "memory-limit"
  | "cpu-limit"
  | "process-limit"
  | "cancelled"
  | "failed";

/** What kept a limit: a control group, a watchdog that samples, or a limit of the process. */
export type RecordedMechanism = "cgroup" | "watchdog" | "rlimit";

/** Which mechanism kept which limit of a run. One that is not named was not kept. */
export interface RecordedMechanisms {
  readonly memory?: RecordedMechanism;
  readonly cpu?: RecordedMechanism;
  readonly processes?: RecordedMechanism;
  readonly openFiles?: "rlimit";
  readonly fileSize?: "rlimit";
}

/** What a caller of the log states before it hands on the result. */
export interface ExecutionEnd {
  /** The id that the start record was given. */
  readonly execution: string;
  readonly ended: ExecutionEnding;
  readonly exitCode: number | null;
  readonly signal: string | null;
  /** What the contract says that the exit code means. */
  readonly meaning?: string;
  /** Whole milliseconds. */
  readonly durationMs: number;
  /** The level obtained. */
  readonly level: SandboxLevel;
  readonly resources: {
    readonly maxRssBytes?: number;
    readonly cpuMs?: number;
    readonly processes?: number;
  };
  /** Which mechanism kept which limit. */
  readonly limitedBy?: RecordedMechanisms;
  readonly stdout: RecordedOutput;
  readonly stderr: RecordedOutput;
  /** What the contract's provenance pointers found in the output, by name. */
  readonly provenance: Readonly<Record<string, JsonValue>>;
  readonly error?: { readonly code: string; readonly message: string };
  readonly notes: readonly string[];
}

/** What every record has: see docs/audit-format.md. */
export interface RecordPlace {
  /** The format in which the record was written. */
  readonly format: 1 | 2 | 3;
  /** The log id: 32 hex digits. */
  readonly log: string;
  /** The key id: 8 hex digits. */
  readonly key: string;
  /** Index in the log, from 0. */
  readonly sequence: number;
  /** ISO 8601, UTC, milliseconds. */
  readonly time: string;
}

/** The process that wrote a record: `process` tells it from a later one with the same pid. */
export interface ProcessStamp {
  readonly pid: number;
  readonly process?: string;
}

/** An `execution-start` as it stands in the log. */
export interface ExecutionStartRecord extends RecordPlace, Omit<ExecutionStart, "runtime"> {
  readonly type: "execution-start";
  readonly execution: string;
  readonly runtime: ExecutionStart["runtime"] & ProcessStamp;
}

/** An `execution-end` as it stands in the log. */
export interface ExecutionEndRecord extends RecordPlace, ExecutionEnd {
  readonly type: "execution-end";
}

/** A repair: `present` of `expected` bytes of the line before were there. */
export interface LogHealedRecord extends RecordPlace {
  readonly type: "log-healed";
  readonly present: number;
  readonly expected: number;
}

/** The first record of every segment but the log's first: enough to verify on from it. */
export interface SegmentStartedRecord extends RecordPlace {
  readonly type: "segment-started";
  /** The sequence of the first record of the segment before. */
  readonly previous: number;
  /** The tops of the tree over all records before, largest first, base64. */
  readonly tree: readonly string[];
}

/** That the segments with the records before one were allowed to be removed. */
export interface SegmentsRemovedRecord extends RecordPlace {
  readonly type: "segments-removed";
  /** The sequence of the first record that is kept: a segment begins with it. */
  readonly before: number;
}

/** That another key signs from here on: both have signed that it does. */
export interface KeyRotatedRecord extends RecordPlace {
  readonly type: "key-rotated";
  /** The signed note: see docs/audit-format.md. */
  readonly transition: string;
}

/** One line of the log. */
export type AuditRecord =
  | ExecutionStartRecord
  | ExecutionEndRecord
  | LogHealedRecord
  | SegmentStartedRecord
  | SegmentsRemovedRecord
  | KeyRotatedRecord;
