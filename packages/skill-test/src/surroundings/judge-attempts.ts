import type { Attempt } from "@clawkeep/sandbox";
import type { Execution } from "@clawkeep/skill-runtime";

import type { CaseProblem, ProblemCode } from "../report.ts";

const codes: Readonly<Record<Attempt["kind"], ProblemCode>> = {
  write: "CASE_WRITES_OUTSIDE",
  network: "CASE_NETWORK",
  process: "CASE_PROCESS",
  "left-behind": "CASE_LEFT_BEHIND",
};

const words: Readonly<Record<Attempt["kind"], string>> = {
  write: "tried to write outside its write roots",
  network: "tried to use the network",
  process: "tried to start a program that it is not given",
  "left-behind": "left a process behind",
};

/** What the kernel saw the program try and the contract does not allow, whatever the program said of it. */
export function judgeAttempts(attempts: readonly Attempt[]): readonly CaseProblem[] {
  return attempts
    .filter(({ allowed }) => !allowed)
    .map((attempt) => ({ code: codes[attempt.kind], message: attemptText(attempt), attempt }));
}

/** One attempt in words. */
export function attemptText(attempt: Attempt): string {
  const { kind, call, path, address, program, times } = attempt;
  const what = path ?? address;
  const often = times > 1 ? `, ${times} times` : "";
  return `${program ?? "the program"} ${words[kind]}: ${call}${what === undefined ? "" : ` ${what}`}${often}`;
}

/** How a run was observed: the mechanism, or `not observed (why)`. */
export function observationOf(run: Execution): string {
  if (run.observedBy !== undefined) return run.observedBy;
  const why = run.notes.find((note) => note.includes("not observed"));
  return why?.startsWith("not observed") === true
    ? why
    : `not observed (${why ?? "no observer on this machine"})`;
}

/** What tells two attempts apart, however often they were made. */
export function attemptKey({ kind, call, path, address }: Attempt): string {
  return JSON.stringify([kind, call, path ?? null, address ?? null]);
}
