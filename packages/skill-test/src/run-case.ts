import type { Action } from "@clawkeep/skill-format";

import type { SkillCase } from "./case.ts";
import { applyUpdate, proposeUpdate } from "./golden-update.ts";
import type { ConfirmUpdate } from "./golden-update.ts";
import { judgeCase } from "./judge-case.ts";
import type { CaseRun } from "./judge-case.ts";
import type { CaseProblem, CaseReport, GoldenUpdate, RunReport } from "./report.ts";
import { runOnceMore } from "./run-skill.ts";
import type { SkillRuns } from "./run-skill.ts";
import { runShaken } from "./shaken/run-shaken.ts";
import type { Shake } from "./shaken/shake.ts";
import { judgeAttempts, observationOf } from "./surroundings/judge-attempts.ts";

/** How a case is run. */
export interface CaseOptions {
  /** Runs in each form as it really runs; at least 2 show whether they are equal. */
  readonly times: number;
  readonly shakes: readonly Shake[];
  readonly observe: boolean;
  readonly confirm?: ConfirmUpdate;
  readonly now: () => number;
}

/** A case's report and how its surroundings were seen. */
export interface CaseOutcome {
  readonly report: CaseReport;
  readonly observation?: string;
}

/** Runs a case in all its ways and judges it. */
export async function runCase(
  one: SkillCase,
  action: Action,
  runs: SkillRuns,
  options: CaseOptions,
): Promise<CaseOutcome> {
  const began = options.now();
  const steady: CaseRun[] = [];
  for (const form of formsOf(action)) {
    for (let turn = 0; turn < options.times; turn += 1) {
      steady.push({ form, result: await runOnceMore(runs, one, action, { form, turn }) });
    }
  }
  const update = await updateOf(one, action, steady, options.confirm);
  const judged = judgeCase(one, action, steady);
  const problems: CaseProblem[] =
    update?.written === true
      ? judged.filter(({ code }) => code !== "CASE_OUTPUT" && code !== "CASE_GOLDEN_MISSING")
      : [...judged];
  const reports: RunReport[] = steady.map((run) => reportOf(run, "runtime"));
  let observation: string | undefined;
  if (one.expect.kind === "run" && !problems.some(({ code }) => unsteady.has(code))) {
    const shaken = await runShaken(action, steady, options.shakes, async (form, shakes) =>
      runOnceMore(runs, one, action, { form, shakes }),
    );
    problems.push(...shaken.problems);
    reports.push(...shaken.runs.map((run) => reportOf(run, "shaken")));
  }
  if (one.expect.kind === "run" && options.observe) {
    const result = await runOnceMore(runs, one, action, {
      form: "oneshot",
      trial: { observe: true },
    });
    reports.push(reportOf({ form: "oneshot", result }, "observed"));
    if (result.kind === "execution") {
      observation =
        result.terminatedBy === undefined
          ? observationOf(result)
          : `not observed (the observed run was ended: ${result.terminatedBy})`;
      problems.push(...judgeAttempts(result.attempts ?? []));
    }
  }
  const report = {
    name: one.name,
    action: one.action,
    file: one.file,
    line: one.line,
    ok: problems.length === 0,
    problems,
    runs: reports,
    durationMs: options.now() - began,
    ...(update === undefined ? {} : { update }),
  };
  return { report, ...(observation === undefined ? {} : { observation }) };
}

/** With one of these there is nothing steady that a shaken run could be compared with. */
const unsteady: ReadonlySet<CaseProblem["code"]> = new Set([
  "CASE_NOT_DETERMINISTIC",
  "CASE_REFUSED",
  "CASE_TERMINATED",
]);

async function updateOf(
  one: SkillCase,
  action: Action,
  steady: readonly CaseRun[],
  confirm: ConfirmUpdate | undefined,
): Promise<GoldenUpdate | undefined> {
  const first = steady[0]?.result;
  if (one.expect.kind !== "run" || confirm === undefined || first?.kind !== "execution") {
    return undefined;
  }
  const proposal = await proposeUpdate(one.expect, action, first);
  return proposal === undefined ? undefined : applyUpdate(proposal, confirm);
}

function formsOf(action: Action): readonly CaseRun["form"][] {
  return action.execution === "resident" ? ["oneshot", "resident"] : ["oneshot"];
}

function reportOf({ form, result }: CaseRun, mode: RunReport["mode"]): RunReport {
  return result.kind === "refusal"
    ? { form, mode }
    : {
        form,
        mode,
        id: result.id,
        level: result.level,
        exitCode: result.exitCode,
        durationMs: result.durationMs,
      };
}
