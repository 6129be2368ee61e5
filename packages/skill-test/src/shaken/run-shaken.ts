import type { Action } from "@clawkeep/skill-format";
import type { Execution, Refusal } from "@clawkeep/skill-runtime";

import { differenceOf } from "../judge-case.ts";
import type { CaseRun } from "../judge-case.ts";
import type { CaseProblem } from "../report.ts";
import type { Shake } from "./shake.ts";

/** Runs the case once with these shakes. */
export type ShakenRunner = (
  form: CaseRun["form"],
  shakes: readonly Shake[],
) => Promise<{
  readonly result: Execution | Refusal;
  /** How it talked to its services otherwise than it should. */
  readonly difference?: string | undefined;
}>;

/**
 * Runs a case with everything shaken at once. When it comes out otherwise than the steady run, each
 * shake is tried alone, so that the report names which did it.
 */
export async function runShaken(
  action: Action,
  steady: readonly CaseRun[],
  shakes: readonly Shake[],
  run: ShakenRunner,
): Promise<{ readonly problems: readonly CaseProblem[]; readonly runs: readonly CaseRun[] }> {
  const problems: CaseProblem[] = [];
  const runs: CaseRun[] = [];
  if (action.determinism.promise === "none" || shakes.length === 0) return { problems, runs };
  for (const form of ["oneshot", "resident"] as const) {
    const before = steady.find((one) => one.form === form)?.result;
    if (before?.kind !== "execution") continue;
    const difference = async (some: readonly Shake[]): Promise<string | undefined> => {
      const { result, difference: asked } = await run(form, some);
      runs.push({ form, result });
      if (asked !== undefined) return asked;
      return result.kind === "refusal"
        ? `refused: ${result.findings.map(({ code }) => code).join(", ")}`
        : differenceOf(action, before, result, true);
    };
    const together = await difference(shakes);
    if (together === undefined) continue;
    let found = false;
    for (const shake of shakes) {
      const alone = await difference([shake]);
      if (alone === undefined) continue;
      found = true;
      problems.push({
        code: "CASE_SHAKEN",
        form,
        shake: shake.name,
        message: `the output depends on the ${shake.name}: ${alone}`,
      });
    }
    if (!found) {
      const names = shakes.map(({ name }) => name).join(", ");
      problems.push({
        code: "CASE_SHAKEN",
        form,
        message: `the output depends on some of ${names} together: ${together}`,
      });
    }
  }
  return { problems, runs };
}
