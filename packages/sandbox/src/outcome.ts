import type { SandboxLevel } from "./level.ts";
import type { Attempt, ObservationMechanism } from "./observe/attempt.ts";

/** Why the sandbox ended a process that had not ended by itself. */
export type Termination =
  | "timeout"
  | "stdout-limit"
  | "stderr-limit"
  | "memory-limit"
  | "cpu-limit"
  | "process-limit"
  | "cancelled";

/**
 * What keeps a limit: the kernel's `cgroup` (sums over everything that was started; a run comes into its
 * group some milliseconds after its start, and until then the watchdog looks), `watchdog` (a sum too,
 * sampled, so that a peak between two samples is not seen), or the kernel's `rlimit`.
 */
export type LimitMechanism = "cgroup" | "watchdog" | "rlimit";

/** Which mechanism kept which limit. A limit that is not named was not kept. */
export interface LimitedBy {
  readonly memory?: LimitMechanism;
  readonly cpu?: LimitMechanism;
  readonly processes?: LimitMechanism;
  readonly openFiles?: "rlimit";
  readonly fileSize?: "rlimit";
}

/** What a run used, as far as it was seen: a run that ends between two samples used more. */
export interface Resources {
  /** Largest memory of the program and everything that it started, together. */
  readonly maxRssBytes?: number;
  /** Processor time of the same. */
  readonly cpuMs?: number;
  /** Most processes and threads at one time. */
  readonly processes?: number;
}

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
  readonly resources?: Resources;
  readonly limitedBy?: LimitedBy;
  /** What the program tried, in order of the first try. Only for an observed run. */
  readonly attempts?: readonly Attempt[];
  /** Absent when the run was not observed, whether that was asked for or not. */
  readonly observedBy?: ObservationMechanism;
  /** What a reader of the record should know, such as what the level does not cover. */
  readonly notes: readonly string[];
}
