import type { JudgedFile } from "../artifacts/judged-file.ts";
import type { ProgramAnswer, ProgramQuestion } from "../programs/ask-program.ts";
import type { Verdict } from "../verdict.ts";

/** Asks the program that was found for this judge. */
export type Ask = (question: Omit<ProgramQuestion, "program" | "needs">) => Promise<ProgramAnswer>;

/** A program that somebody else wrote and that has an opinion about files of one kind. */
export interface ForeignJudge {
  /** What it is called in a verdict: the program, and what it is asked. */
  readonly name: string;
  /** File names of the program; the first that is found is asked. */
  readonly programs: readonly string[];
  /** Arguments that print its version; the first number with a dot in the answer is it. */
  readonly version: readonly string[];
  /** See `ProgramQuestion`. */
  readonly needs?: "network";
  /** The files that it can say something about; none: it does not apply to this deployment. */
  readonly reads: (files: readonly JudgedFile[]) => readonly JudgedFile[];
  /** One verdict over all of them. `reads` and the whole deployment are given, as they were written. */
  readonly judge: (
    read: readonly JudgedFile[],
    ask: Ask,
    program: string,
  ) => Promise<Pick<Verdict, "findings" | "codes">>;
}

/** The files of one kind. */
export function ofKind(...kinds: readonly string[]): ForeignJudge["reads"] {
  return (files) => files.filter(({ kind }) => kinds.includes(kind));
}
