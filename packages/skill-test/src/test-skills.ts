import type { Finding } from "@clawkeep/diagnostics";
import { hasErrors } from "@clawkeep/diagnostics";
import { readSkill } from "@clawkeep/skill-format";
import type { Action, Skill } from "@clawkeep/skill-format";
import type { Execution, InvocationRequest, Refusal } from "@clawkeep/skill-runtime";

import type { SkillCase } from "./case.ts";
import { judgeCase } from "./judge-case.ts";
import type { CaseRun } from "./judge-case.ts";
import { readCases } from "./read-cases.ts";
import type { CaseReport, SkillReport, TestReport } from "./report.ts";

/** What runs the cases: a runtime whose lock holds exactly the skill that is tested. */
export interface CaseRunner {
  invoke(request: InvocationRequest): Promise<Execution | Refusal>;
  close(): Promise<void>;
}

/** How skills are tested. */
export interface TestOptions {
  /**
   * Makes a runner for one skill, or says why there is none. Its state should be apart from that of
   * real runs: a test is an execution and is recorded as one.
   */
  readonly openRunner: (
    skill: Skill,
  ) => Promise<CaseRunner | { readonly findings: readonly Finding[] }>;
  /** Folders for roots that a case does not name. */
  readonly roots?: Readonly<Record<string, string>>;
  /** Refuse to run below this level. */
  readonly requireSandbox?: InvocationRequest["requireSandbox"];
  readonly signal?: AbortSignal;
  /** Called after each case, for progress. */
  readonly onCase?: (skill: Skill, report: CaseReport) => void;
  /** Milliseconds, from any origin. Default `performance.now`. */
  readonly now?: () => number;
}

/** Every case runs this often in each form: what a promise of equality needs at least. */
const runsPerForm = 2;

/**
 * Executes the cases of each skill folder: every case twice one-shot, and twice resident if the
 * action is, compared with what the case expects and with each other as the action promises.
 * A skill without cases, and a test of nothing, are not ok. Stops early, not ok, when aborted.
 */
export async function testSkills(
  folders: readonly string[],
  options: TestOptions,
): Promise<TestReport> {
  const now = options.now ?? (() => performance.now());
  const started = now();
  const skills: SkillReport[] = [];
  for (const folder of folders) {
    if (options.signal?.aborted === true) break;
    skills.push(await testSkill(folder, options));
  }
  const cases = skills.flatMap((skill) => skill.cases);
  return {
    version: 1,
    ok: options.signal?.aborted !== true && cases.length > 0 && skills.every((skill) => skill.ok),
    counts: {
      skills: skills.length,
      cases: cases.length,
      failed: cases.filter((one) => !one.ok).length,
      runs: cases.reduce((sum, one) => sum + one.runs.length, 0),
    },
    skills,
    durationMs: now() - started,
  };
}

async function testSkill(folder: string, options: TestOptions): Promise<SkillReport> {
  const read = await readSkill(folder);
  const { skill } = read;
  if (skill === undefined) return { folder, ok: false, findings: read.findings, cases: [] };
  const { cases, findings: caseFindings } = await readCases(skill);
  const findings: Finding[] = [...read.findings, ...caseFindings];
  if (cases.length === 0) findings.push(noCases(skill));
  const report = (results: readonly CaseReport[]): SkillReport => ({
    folder,
    name: skill.name,
    ok: !hasErrors(findings) && results.length === cases.length && results.every((one) => one.ok),
    findings,
    cases: results,
  });
  if (hasErrors(findings)) return report([]);
  const runner = await options.openRunner(skill);
  if ("findings" in runner) {
    findings.push(...runner.findings);
    return report([]);
  }
  try {
    const results: CaseReport[] = [];
    for (const one of cases) {
      if (options.signal?.aborted === true) break;
      const result = await runCase(one, skill, runner, options);
      options.onCase?.(skill, result);
      results.push(result);
    }
    return report(results);
  } finally {
    await runner.close();
  }
}

async function runCase(
  one: SkillCase,
  skill: Skill,
  runner: CaseRunner,
  options: TestOptions,
): Promise<CaseReport> {
  const action = skill.contract.actions[one.action];
  if (action === undefined) throw new TypeError(`case of an unknown action ${one.action}`);
  const runs: CaseRun[] = [];
  for (const form of formsOf(action)) {
    for (let count = 0; count < runsPerForm; count += 1) {
      runs.push({
        form,
        result: await runner.invoke(requestOf(one, skill, action, form, options)),
      });
    }
  }
  const problems = judgeCase(one, action, runs);
  return {
    name: one.name,
    action: one.action,
    file: one.file,
    line: one.line,
    ok: problems.length === 0,
    problems,
    runs: runs.map(({ form, result }) =>
      result.kind === "refusal"
        ? { form }
        : {
            form,
            id: result.id,
            level: result.level,
            exitCode: result.exitCode,
            durationMs: result.durationMs,
          },
    ),
  };
}

function requestOf(
  one: SkillCase,
  skill: Skill,
  action: Action,
  form: CaseRun["form"],
  options: TestOptions,
): InvocationRequest {
  const given = Object.entries(options.roots ?? {}).filter(([name]) =>
    Object.hasOwn(action.roots, name),
  );
  return {
    skill: skill.name,
    action: one.action,
    args: { kind: "json", value: one.arguments },
    caller: { transport: "test" },
    form,
    roots: { ...Object.fromEntries(given), ...one.roots },
    ...(options.requireSandbox === undefined ? {} : { requireSandbox: options.requireSandbox }),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  };
}

function formsOf(action: Action): readonly CaseRun["form"][] {
  return action.execution === "resident" ? ["oneshot", "resident"] : ["oneshot"];
}

function noCases(skill: Skill): Finding {
  return {
    code: "TEST_NO_CASES",
    severity: "error",
    message: `expected cases of the skill ${skill.name}, got none: nothing was run`,
    hint: "Write cases/NAME.yaml: - name: …, arguments: {…}, expect: {exitCode: 0}",
    file: skill.folder,
  };
}
