import type { Finding } from "@clawkeep/diagnostics";

/** What `skill test --json` prints: version 1. */
export interface TestReport {
  readonly version: 1;
  /** True when at least one case ran and everything held. */
  readonly ok: boolean;
  readonly counts: {
    readonly skills: number;
    readonly cases: number;
    readonly failed: number;
    readonly runs: number;
  };
  readonly skills: readonly SkillReport[];
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
}

/** One run of a case. */
export interface RunReport {
  readonly form: "oneshot" | "resident";
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
  | "CASE_FORMS_DIFFER";
