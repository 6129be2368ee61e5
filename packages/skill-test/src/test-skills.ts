import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { Finding } from "@clawkeep/diagnostics";
import { hasErrors } from "@clawkeep/diagnostics";
import { readSkill } from "@clawkeep/skill-format";
import type { Skill } from "@clawkeep/skill-format";
import type { InvocationRequest } from "@clawkeep/skill-runtime";

import { attackArguments } from "./attacks/attack-arguments.ts";
import type { SkillCase } from "./case.ts";
import type { CaseRunner } from "./case-runner.ts";
import type { OpenRecording, RecordingSource } from "./cassettes/record-services.ts";
import type { ConfirmUpdate } from "./golden-update.ts";
import { limiter } from "./limiter.ts";
import type { Limiter } from "./limiter.ts";
import { readCases } from "./read-cases.ts";
import type { CaseReport, SkillReport, TestReport } from "./report.ts";
import { runCase } from "./run-case.ts";
import type { SkillRuns, SkillTree } from "./run-skill.ts";
import type { ShakeSet } from "./shaken/shake.ts";
import { copySkill } from "./skill-tree.ts";

/** How skills are tested. */
export interface TestOptions {
  /**
   * Makes a runner for a copy of one skill, or says why there is none. Its state should be apart from
   * that of real runs: a test is an execution and is recorded as one.
   *
   * @param skill Lies in a private folder of the test; `original` is where it came from.
   */
  readonly openRunner: (
    skill: Skill,
    original: Skill,
  ) => Promise<CaseRunner | { readonly findings: readonly Finding[] }>;
  /** Folders for roots that a case does not name. */
  readonly roots?: Readonly<Record<string, string>>;
  /** Refuse to run below this level. */
  readonly requireSandbox?: InvocationRequest["requireSandbox"];
  /** Runs of each case in each form. Default 2, what a promise of equality needs at least. */
  readonly times?: number;
  /** What is changed in a further run of each case. Default nothing. */
  readonly shaken?: ShakeSet;
  /** Have the kernel watch one run of each case. Default false. */
  readonly observe?: boolean;
  /** Whether the string arguments of a skill are tried with hostile values. Default none. */
  readonly attackArguments?: (skill: Skill) => boolean;
  /** How many cases each action of a skill must have. Default none. */
  readonly minimumCases?: (skill: Skill) => number;
  /** How many runs at a time. Default 1. */
  readonly parallel?: number;
  /** Asked before a golden file is written. Without it none is. */
  readonly confirmUpdate?: ConfirmUpdate;
  /**
   * Record cassettes: each case whose action has services is run once with the real ones first. Best
   * with `parallel` 1, for a service may remember what it was asked.
   */
  readonly record?: OpenRecording;
  /** An existing private folder for copies. Default the system's temporary folder. */
  readonly scratch?: string;
  readonly signal?: AbortSignal;
  /** Called after each case, for progress. */
  readonly onCase?: (skill: Skill, report: CaseReport) => void;
  /** Milliseconds, from any origin. Default `performance.now`. */
  readonly now?: () => number;
}

/** Two copies of a skill: what depends on where it lies shows. */
const treeCount = 2;

/**
 * Executes the cases of each skill folder: every case several times one-shot, and resident if the
 * action is, in copies at two paths; compared with what the case expects and with each other as the
 * action promises; then shaken, observed and attacked as the options say. A skill without cases, and
 * a test of nothing, are not ok. Stops early, not ok, when aborted.
 */
export async function testSkills(
  folders: readonly string[],
  options: TestOptions,
): Promise<TestReport> {
  const now = options.now ?? (() => performance.now());
  const started = now();
  const scratch = await mkdtemp(join(options.scratch ?? tmpdir(), "clawkeep-test-"));
  await chmod(scratch, 0o700);
  const limit = limiter(options.parallel ?? 1);
  let skills: readonly SkillReport[];
  try {
    skills = await inOrder(folders, options.parallel ?? 1, async (folder) =>
      testSkill(folder, { options, scratch, limit, now }),
    );
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
  const cases = skills.flatMap((skill) => skill.cases);
  const runs = cases.flatMap((one) => one.runs);
  const attacks = skills.flatMap((skill) => skill.arguments);
  return {
    version: 1,
    ok: options.signal?.aborted !== true && cases.length > 0 && skills.every((skill) => skill.ok),
    counts: {
      skills: skills.length,
      cases: cases.length,
      failed: cases.filter((one) => !one.ok).length,
      runs: runs.filter(({ mode }) => mode === "runtime").length,
      shaken: runs.filter(({ mode }) => mode === "shaken").length,
      attacks: attacks.reduce((sum, { tried }) => sum + tried, 0),
    },
    skills,
    notShaken: options.shaken?.notShaken ?? {},
    durationMs: now() - started,
  };
}

interface Context {
  readonly options: TestOptions;
  readonly scratch: string;
  readonly limit: Limiter;
  readonly now: () => number;
}

async function testSkill(folder: string, context: Context): Promise<SkillReport> {
  const { options } = context;
  const none: SkillReport = { folder, ok: false, findings: [], cases: [], arguments: [] };
  if (options.signal?.aborted === true) return none;
  const read = await readSkill(folder);
  const { skill } = read;
  if (skill === undefined) return { ...none, findings: read.findings };
  const { cases, findings: caseFindings } = await readCases(skill);
  const findings: Finding[] = [...read.findings, ...caseFindings];
  if (cases.length === 0) findings.push(noCases(skill));
  else findings.push(...tooFewCases(skill, cases, options.minimumCases?.(skill) ?? 0));
  if (hasErrors(findings)) return { ...none, name: skill.name, findings };
  const source = await options.record?.(skill);
  if (source !== undefined && "findings" in source) {
    return { ...none, name: skill.name, findings: [...findings, ...source.findings] };
  }
  const opened = await openTrees(skill, context);
  if ("findings" in opened) {
    return { ...none, name: skill.name, findings: [...findings, ...opened.findings] };
  }
  try {
    const report = await runAll(skill, cases, opened, { ...context, source });
    return { folder, name: skill.name, findings, ...report, ok: report.ok && !hasErrors(findings) };
  } finally {
    await Promise.all(opened.trees.map(async ({ runner }) => runner.close()));
    await rm(opened.scratch, { recursive: true, force: true });
  }
}

async function openTrees(
  skill: Skill,
  { options, scratch: parent }: Context,
): Promise<SkillRuns | { readonly findings: readonly Finding[] }> {
  const scratch = await mkdtemp(join(parent, "skill-"));
  const trees: SkillTree[] = [];
  for (let tree = 0; tree < treeCount; tree += 1) {
    const copy = await copySkill(skill, scratch, tree);
    const runner = await options.openRunner(copy, skill);
    if ("findings" in runner) {
      await Promise.all(trees.map(async (one) => one.runner.close()));
      return { findings: runner.findings };
    }
    trees.push({ skill: copy, runner });
  }
  const [first, ...others] = trees;
  if (first === undefined) throw new TypeError("a skill needs a tree");
  return {
    trees: [first, ...others],
    scratch,
    roots: options.roots ?? {},
    ...(options.requireSandbox === undefined ? {} : { requireSandbox: options.requireSandbox }),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
    shared: new Map(),
  };
}

async function runAll(
  skill: Skill,
  cases: readonly SkillCase[],
  runs: SkillRuns,
  { options, limit, now, source }: Context & { readonly source: RecordingSource | undefined },
): Promise<Pick<SkillReport, "ok" | "cases" | "arguments" | "observation">> {
  const observations = new Set<string>();
  const done = await Promise.all(
    cases.map(async (one) =>
      limit(async () => {
        const action = skill.contract.actions[one.action];
        if (action === undefined || options.signal?.aborted === true) return [];
        const { report, observation } = await runCase(one, action, runs, {
          times: options.times ?? 2,
          shakes: options.shaken?.shakes ?? [],
          observe: options.observe ?? false,
          ...(source === undefined ? {} : { record: source }),
          ...(options.confirmUpdate === undefined ? {} : { confirm: options.confirmUpdate }),
          now,
        });
        if (observation !== undefined) observations.add(observation);
        options.onCase?.(skill, report);
        return [report];
      }),
    ),
  );
  const reports = done.flat();
  const attacked =
    options.attackArguments?.(skill) === true
      ? await attackArguments({
          skill,
          cases,
          runs,
          limit,
          observe: options.observe ?? false,
          now,
        })
      : [];
  return {
    ok:
      reports.length === cases.length &&
      reports.every((one) => one.ok) &&
      attacked.every((one) => one.ok),
    cases: reports,
    arguments: attacked,
    ...(observations.size === 0 ? {} : { observation: [...observations].sort().join("; ") }),
  };
}

/** Several at a time, results in the order of the items. */
async function inOrder<T, R>(
  items: readonly T[],
  parallel: number,
  task: (item: T) => Promise<R>,
): Promise<readonly R[]> {
  const limit = limiter(parallel);
  return Promise.all(items.map(async (item) => limit(async () => task(item))));
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

function tooFewCases(
  skill: Skill,
  cases: readonly SkillCase[],
  minimum: number,
): readonly Finding[] {
  return Object.keys(skill.contract.actions).flatMap((name) => {
    const found = cases.filter((one) => one.action === name).length;
    if (found >= minimum) return [];
    return {
      code: "TEST_FEW_CASES",
      severity: "error" as const,
      message: `expected at least ${minimum} cases of the action ${name}, got ${found}`,
      hint: "Add a plain case, an edge and a refusal.",
      file: skill.folder,
    };
  });
}
