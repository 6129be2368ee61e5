import type { Finding } from "@clawkeep/diagnostics";
import type { Attempt } from "@clawkeep/sandbox";

/** What `skill test --json` prints: version 1. */
export interface TestReport {
  readonly version: 1;
  /** True when at least one case ran and everything held. */
  readonly ok: boolean;
  readonly counts: {
    readonly skills: number;
    readonly cases: number;
    readonly failed: number;
    /** Runs of cases as they really run. */
    readonly runs: number;
    /** Runs with something changed that must not matter. */
    readonly shaken: number;
    /** Hostile values of arguments that were tried. */
    readonly attacks: number;
  };
  readonly skills: readonly SkillReport[];
  /** Names of shakes that could not be made on this machine, and why. */
  readonly notShaken: Readonly<Record<string, string>>;
  readonly durationMs: number;
}

/** What the cases of one skill came to. */
export interface SkillReport {
  readonly folder: string;
  /** Absent when the folder is not a valid skill. */
  readonly name?: string;
  readonly ok: boolean;
  /** About the skill, its lock and its case files. An error means that the skill failed. */
  readonly findings: readonly Finding[];
  readonly cases: readonly CaseReport[];
  readonly arguments: readonly ArgumentReport[];
  /** How the surroundings were seen: `seccomp`, `strace`, or `not observed (why)`. */
  readonly observation?: string;
}

/** What one case came to: it failed when it has problems. */
export interface CaseReport {
  readonly name: string;
  readonly action: string;
  readonly file: string;
  readonly line: number;
  readonly ok: boolean;
  readonly problems: readonly CaseProblem[];
  readonly runs: readonly RunReport[];
  /** Milliseconds for all of its runs. */
  readonly durationMs: number;
  /** What an update would write, or wrote. */
  readonly update?: GoldenUpdate;
  /** Cassettes that were written, absolute. */
  readonly recorded?: readonly string[];
}

/** What the hostile values of one string argument came to. */
export interface ArgumentReport {
  readonly action: string;
  readonly argument: string;
  readonly ok: boolean;
  readonly tried: number;
  readonly refused: number;
  /** Bound byte for byte; those of one kind then went through the sandbox in one text. */
  readonly arrived: number;
  /** How often the skill's own program ran for them. */
  readonly run: number;
  readonly problems: readonly CaseProblem[];
  /** Milliseconds for all of its runs. */
  readonly durationMs: number;
}

/** A golden file that does not hold what came out. */
export interface GoldenUpdate {
  /** Absolute. */
  readonly path: string;
  /** Absent when there is no file yet. */
  readonly before?: string;
  readonly after: string;
  readonly written: boolean;
}

/** One run of a case. */
export interface RunReport {
  readonly form: "oneshot" | "resident";
  readonly mode: "runtime" | "recorded" | "shaken" | "observed";
  /** Id of its audit records; absent when nothing was run. */
  readonly id?: string;
  readonly level?: string;
  readonly exitCode?: number | null;
  readonly durationMs?: number;
}

/** One thing that did not hold. */
export interface CaseProblem {
  readonly code: ProblemCode;
  readonly message: string;
  /** The run it was seen in. */
  readonly form?: "oneshot" | "resident";
  /** What was changed when it showed. */
  readonly shake?: string;
  /** What the kernel saw. */
  readonly attempt?: Attempt;
}

/** What can be wrong with a case. */
export type ProblemCode =
  | "CASE_EXIT_CODE"
  | "CASE_TERMINATED"
  | "CASE_OUTPUT"
  | "CASE_SCHEMA"
  | "CASE_REFUSED"
  | "CASE_NOT_REFUSED"
  | "CASE_NOT_DETERMINISTIC"
  | "CASE_FORMS_DIFFER"
  | "CASE_GOLDEN_MISSING"
  | "CASE_SHAKEN"
  | "CASE_WRITES_OUTSIDE"
  | "CASE_NETWORK"
  | "CASE_PROCESS"
  | "CASE_LEFT_BEHIND"
  | "CASSETTE_MISSING"
  | "CASSETTE_MALFORMED"
  | "CASSETTE_DIFFERENCE"
  | "CASSETTE_NOT_RECORDED"
  | "ECHO_FAILED"
  | "ARGUMENT_CHANGED"
  | "ARGUMENT_CRASHED";
