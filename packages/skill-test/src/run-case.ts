import type { Action } from "@clawkeep/skill-format";

import type { SkillCase } from "./case.ts";
import { readCassettes, recordCase } from "./cassettes/case-cassettes.ts";
import type { Cassette } from "./cassettes/cassette.ts";
import { playServices } from "./cassettes/play-services.ts";
import type { RecordingSource } from "./cassettes/record-services.ts";
import { applyUpdate, proposeUpdate } from "./golden-update.ts";
import type { ConfirmUpdate } from "./golden-update.ts";
import { hasResidentForm } from "./has-resident-form.ts";
import { judgeCase } from "./judge-case.ts";
import type { CaseRun } from "./judge-case.ts";
import type { CaseProblem, CaseReport, GoldenUpdate, RunReport } from "./report.ts";
import { runOnceMore } from "./run-skill.ts";
import type { RunChoice, SkillRuns } from "./run-skill.ts";
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
  /** Record what services say, in place of playing what they said. */
  readonly record?: RecordingSource;
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
  const talk = await openTalk(one, action, runs, options.record);
  const steady: CaseRun[] = talk.recorded === undefined ? [] : [talk.recorded];
  const asked = new Map<string, CaseProblem>(talk.problems.map((each) => [each.message, each]));
  const runPlayed = async (choice: RunChoice): Promise<CaseRun["result"]> => {
    const services = playServices(action, talk.cassettes);
    const result = await runOnceMore(runs, one, action, { ...choice, services });
    const { form } = choice;
    for (const message of result.kind === "execution" ? services.differences() : []) {
      asked.set(message, { code: "CASSETTE_DIFFERENCE", form, message });
    }
    return result;
  };
  for (const form of formsOf(action)) {
    // A talk that goes wrong goes wrong each time, and may take until the timeout.
    for (let turn = 0; turn < options.times && asked.size === 0; turn += 1) {
      steady.push({ form, result: await runPlayed({ form, turn }) });
    }
  }
  const update = await updateOf(one, action, steady, options.confirm);
  const judged = judgeCase(one, action, steady);
  const problems: CaseProblem[] =
    update?.written === true
      ? judged.filter(({ code }) => code !== "CASE_OUTPUT" && code !== "CASE_GOLDEN_MISSING")
      : [...judged];
  problems.unshift(...asked.values());
  const reports: RunReport[] = steady.map((run) =>
    reportOf(run, run === talk.recorded ? "recorded" : "runtime"),
  );
  let observation: string | undefined;
  if (one.expect.kind === "run" && !problems.some(({ code }) => unsteady.has(code))) {
    const shaken = await runShaken(action, steady, options.shakes, async (form, shakes) => {
      const services = playServices(action, talk.cassettes);
      const result = await runOnceMore(runs, one, action, { form, shakes, services });
      return {
        result,
        difference: result.kind === "execution" ? services.differences()[0] : undefined,
      };
    });
    problems.push(...shaken.problems);
    reports.push(...shaken.runs.map((run) => reportOf(run, "shaken")));
  }
  if (one.expect.kind === "run" && options.observe && asked.size === 0) {
    const result = await runPlayed({ form: "oneshot", trial: { observe: true } });
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
    ...(talk.written.length === 0 ? {} : { recorded: talk.written }),
  };
  return { report, ...(observation === undefined ? {} : { observation }) };
}

/** With one of these there is nothing steady that a shaken run could be compared with. */
const unsteady: ReadonlySet<CaseProblem["code"]> = new Set([
  "CASE_NOT_DETERMINISTIC",
  "CASE_REFUSED",
  "CASE_TERMINATED",
  "CASSETTE_MISSING",
  "CASSETTE_MALFORMED",
  "CASSETTE_DIFFERENCE",
  "CASSETTE_NOT_RECORDED",
]);

/** What a case's runs are played, just recorded or read. */
interface Talk {
  readonly cassettes: readonly Cassette[];
  readonly recorded?: CaseRun;
  readonly written: readonly string[];
  /** With one, nothing is run. */
  readonly problems: readonly CaseProblem[];
}

async function openTalk(
  one: SkillCase,
  action: Action,
  runs: SkillRuns,
  source: RecordingSource | undefined,
): Promise<Talk> {
  const none: Talk = { cassettes: [], written: [], problems: [] };
  if (action.services.length === 0 || one.expect.kind === "refusal") return none;
  if (source === undefined) return { ...none, ...(await readCassettes(one, action)) };
  const { result, ...rest } = await recordCase(one, action, source, async (trial) =>
    runOnceMore(runs, one, action, { form: "oneshot", services: { trial } }),
  );
  return result === undefined ? rest : { ...rest, recorded: { form: "oneshot", result } };
}

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
  return hasResidentForm(action) ? ["oneshot", "resident"] : ["oneshot"];
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
