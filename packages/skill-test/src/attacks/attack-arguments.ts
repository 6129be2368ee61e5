import { argumentProblem } from "@clawkeep/skill-format";
import type { Action, Skill, StringArgument } from "@clawkeep/skill-format";
import type { Attempt } from "@clawkeep/sandbox";
import type { Execution, Refusal } from "@clawkeep/skill-runtime";

import type { SkillCase } from "../case.ts";
import type { Limiter } from "../limiter.ts";
import { said } from "../judge-case.ts";
import type { ArgumentReport, CaseProblem } from "../report.ts";
import { runOnceMore } from "../run-skill.ts";
import type { SkillRuns } from "../run-skill.ts";
import { attemptKey, attemptText, judgeAttempts } from "../surroundings/judge-attempts.ts";
import { arrivalProblem } from "./arrival.ts";
import { hostileTexts } from "./hostile-texts.ts";
import type { HostileText } from "./hostile-texts.ts";

/** What the argument suite works with. */
export interface AttackOptions {
  readonly skill: Skill;
  readonly cases: readonly SkillCase[];
  readonly runs: SkillRuns;
  readonly limit: Limiter;
  /** Have the kernel watch the one-shot runs. */
  readonly observe: boolean;
  readonly now: () => number;
}

/**
 * Tries every string argument of every action with hostile texts. Each must be refused with a reason,
 * or arrive byte for byte, as an echo in the same sandbox shows; then the skill's own program gets it,
 * by its resident form if it has one, and must end with an exit code that the contract knows, without
 * trying anything that its cases did not.
 */
export async function attackArguments(options: AttackOptions): Promise<readonly ArgumentReport[]> {
  const tasks = Object.entries(options.skill.contract.actions).flatMap(([actionName, action]) => {
    const base = options.cases.find(
      (one) => one.action === actionName && one.expect.kind === "run",
    );
    if (base === undefined) return [];
    return Object.entries(action.arguments).flatMap(([name, spec]) =>
      spec.type === "string" ? [{ action, base, name, spec }] : [],
    );
  });
  return Promise.all(tasks.map(async (task) => attackOne(task, options)));
}

interface Task {
  readonly action: Action;
  readonly base: SkillCase;
  readonly name: string;
  readonly spec: StringArgument;
}

async function attackOne(task: Task, options: AttackOptions): Promise<ArgumentReport> {
  const began = options.now();
  const usual = await usualAttempts(task, options);
  const texts = hostileTexts(task.spec.minBytes, task.spec.maxBytes);
  const verdicts = await Promise.all(
    texts.map(async (hostile) =>
      options.limit(async () =>
        options.runs.signal?.aborted === true ? nothing : attackWith(hostile, task, usual, options),
      ),
    ),
  );
  const problems = verdicts.flatMap((verdict) => verdict.problems);
  const count = (what: keyof Verdict): number =>
    verdicts.filter((verdict) => verdict[what] === true).length;
  return {
    action: task.base.action,
    argument: task.name,
    ok: problems.length === 0,
    tried: verdicts.length,
    refused: count("refused"),
    arrived: count("arrived"),
    run: count("run"),
    problems,
    durationMs: options.now() - began,
  };
}

interface Verdict {
  readonly problems: readonly CaseProblem[];
  readonly refused?: boolean;
  readonly arrived?: boolean;
  readonly run?: boolean;
}

const nothing: Verdict = { problems: [] };

async function attackWith(
  hostile: HostileText,
  task: Task,
  usual: ReadonlySet<string> | undefined,
  { runs }: AttackOptions,
): Promise<Verdict> {
  const { action, base, name, spec } = task;
  const one = { ...base, arguments: { ...base.arguments, [name]: hostile.text } };
  const echoed = await runOnceMore(runs, one, action, { form: "oneshot", trial: { echo: true } });
  const at = `${base.action} ${name} (${hostile.name})`;
  if (echoed.kind === "refusal") return judgeRefusal(at, spec, hostile, echoed);
  const changed = arrivalProblem(action, one.arguments, name, hostile.text, echoed.stdout);
  if (changed !== undefined) {
    return { problems: [{ code: "ARGUMENT_CHANGED", message: `${at}: ${changed}` }] };
  }
  const form = action.execution === "resident" ? "resident" : "oneshot";
  const result = await runOnceMore(runs, one, action, {
    form,
    ...(form === "oneshot" && usual !== undefined ? { trial: { observe: true } } : {}),
  });
  return {
    arrived: true,
    run: true,
    problems: [
      ...judgeEnd(at, action, result),
      ...(result.kind === "execution" ? newAttempts(at, result.attempts ?? [], usual) : []),
    ],
  };
}

/** A refusal is right when the contract does not take the text, or the command line cannot hold it. */
function judgeRefusal(
  at: string,
  spec: StringArgument,
  hostile: HostileText,
  refusal: Refusal,
): Verdict {
  const reasons = refusal.findings.filter(
    ({ message }) => message !== "" && !message.includes("undefined"),
  );
  const expected =
    argumentProblem(spec, hostile.text) !== undefined ||
    refusal.findings.some(({ code }) => code.startsWith("ARGUMENT"));
  if (refusal.stage === "arguments" && expected && reasons.length > 0) {
    return { refused: true, problems: [] };
  }
  const why = refusal.findings.map(({ code, message }) => `${code}: ${message}`).join("; ");
  return { problems: [{ code: "CASE_REFUSED", message: `${at}: refused otherwise: ${why}` }] };
}

function judgeEnd(at: string, action: Action, result: Execution | Refusal): readonly CaseProblem[] {
  if (result.kind === "refusal") {
    const why = result.findings.map(({ code }) => code).join(", ");
    return [{ code: "ARGUMENT_CRASHED", message: `${at}: echoed, and then refused: ${why}` }];
  }
  const declared =
    result.exitCode !== null && Object.hasOwn(action.exitCodes, String(result.exitCode));
  const fault =
    result.terminatedBy !== undefined || result.signal !== null
      ? `ended by ${result.terminatedBy ?? result.signal ?? ""}`
      : result.error === undefined
        ? declared
          ? result.output === "invalid"
            ? `printed what the contract does not declare: ${result.outputFindings[0]?.message ?? ""}`
            : undefined
          : `ended with exit code ${result.exitCode}, which the contract does not know`
        : result.error.message;
  return fault === undefined
    ? []
    : [{ code: "ARGUMENT_CRASHED", form: result.form, message: `${at}: ${fault}${said(result)}` }];
}

/** What the action tries when nobody attacks it; undefined when that cannot be seen. */
async function usualAttempts(
  { action, base }: Task,
  { observe, runs, limit }: AttackOptions,
): Promise<ReadonlySet<string> | undefined> {
  if (!observe || action.execution === "resident") return undefined;
  const result = await limit(async () =>
    runOnceMore(runs, base, action, { form: "oneshot", trial: { observe: true } }),
  );
  return result.kind === "execution" && result.observedBy !== undefined
    ? new Set((result.attempts ?? []).map(attemptKey))
    : undefined;
}

function newAttempts(
  at: string,
  attempts: readonly Attempt[],
  usual: ReadonlySet<string> | undefined,
): readonly CaseProblem[] {
  const forbidden = judgeAttempts(attempts);
  const started = attempts
    .filter(({ allowed, kind }) => allowed && kind === "process")
    .filter((attempt) => usual !== undefined && !usual.has(attemptKey(attempt)))
    .map((attempt): CaseProblem => ({
      code: "CASE_PROCESS",
      message: attemptText(attempt),
      attempt,
    }));
  return [...forbidden, ...started].map((problem) => ({
    ...problem,
    message: `${at}: ${problem.message}`,
  }));
}
