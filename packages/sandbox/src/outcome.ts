import type { SandboxLevel } from "./level.ts";

/** Why the sandbox ended a process that had not ended by itself. */
export type Termination = "timeout" | "stdout-limit" | "stderr-limit" | "cancelled";

/** What happened to one process. A failing exit code is an outcome, never an exception. */
export interface Outcome {
  /** The level that was really obtained. */
  readonly level: SandboxLevel;
  /** `null` when a signal ended the process. */
  readonly exitCode: number | null;
  /** Name such as `SIGKILL`, or `null`. */
  readonly signal: string | null;
  readonly terminatedBy?: Termination;
  /** At most `limits.stdoutBytes` bytes; empty for a resident process, whose lines were read. */
  readonly stdout: Uint8Array;
  readonly stdoutTruncated: boolean;
  readonly stderr: Uint8Array;
  readonly stderrTruncated: boolean;
  /** From spawn to exit, in milliseconds with a fraction. */
  readonly durationMs: number;
  readonly resources?: {
    readonly maxRssBytes?: number;
    readonly cpuMs?: number;
  };
  /** What a reader of the record should know, such as what the level does not cover. */
  readonly notes: readonly string[];
}
