import { argumentProblem } from "@clawkeep/skill-format";
import type { Action, Skill, StringArgument } from "@clawkeep/skill-format";
import type { Attempt } from "@clawkeep/sandbox";
import { bindArguments } from "@clawkeep/skill-runtime";
import type { Execution, Refusal } from "@clawkeep/skill-runtime";

import type { SkillCase } from "../case.ts";
import { readCassettes } from "../cassettes/case-cassettes.ts";
import { playServices } from "../cassettes/play-services.ts";
import { hasResidentForm } from "../has-resident-form.ts";
import type { Limiter } from "../limiter.ts";
import { said } from "../judge-case.ts";
import type { ArgumentReport, CaseProblem } from "../report.ts";
import { runOnceMore } from "../run-skill.ts";
import type { SkillRuns } from "../run-skill.ts";
import { attemptKey, attemptText, judgeAttempts } from "../surroundings/judge-attempts.ts";
import { arrivalProblem, echoProblem } from "./arrival.ts";
import { combined, hostileTexts, joined } from "./hostile-texts.ts";
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
 * or be bound byte for byte. Then an echo shows that it arrives so in the sandbox, and the skill's own
 * program gets it, by its resident form if it has one, and must end with an exit code that the
 * contract knows, without trying anything that its cases did not. Texts of one kind run together.
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

async function attackOne(task: Task, given: AttackOptions): Promise<ArgumentReport> {
  let durationMs = 0;
  // What waits for others is not slow.
  const limit: Limiter = async (run) =>
    given.limit(async () => {
      const began = given.now();
      try {
        return await run();
      } finally {
        durationMs += given.now() - began;
      }
    });
  const options = { ...given, limit };
  const { minBytes, maxBytes } = task.spec;
  const bound = hostileTexts(minBytes, maxBytes).map((hostile) => bindOne(hostile, task));
  const accepted = bound.flatMap(({ hostile, accepted: taken }) => (taken ? [hostile] : []));
  const usual = await usualAttempts(task, options);
  const groups = combined(accepted, maxBytes).filter(
    (group) => bindOne({ name: "", text: joined(group) }, task).accepted || group.length === 1,
  );
  const covered = new Set(groups.flat());
  const alone = accepted.filter((hostile) => !covered.has(hostile)).map((hostile) => [hostile]);
  const verdicts = await Promise.all(
    [...groups, ...alone].map(async (group) => attackWith(group, task, usual, options)),
  );
  const problems = [
    ...bound.flatMap((one) => one.problems),
    ...verdicts.flatMap((verdict) => verdict.problems),
  ];
  return {
    action: task.base.action,
    argument: task.name,
    ok: problems.length === 0,
    tried: bound.length,
    refused: bound.filter((one) => !one.accepted && one.problems.length === 0).length,
    arrived: accepted.length,
    run: verdicts.reduce((sum, verdict) => sum + verdict.runs, 0),
    problems,
    durationMs,
  };
}

interface Bound {
  readonly hostile: HostileText;
  /** True when the program would get the text. */
  readonly accepted: boolean;
  readonly problems: readonly CaseProblem[];
}

/** The binder either gives a reason, or an invocation that holds the text byte for byte. */
function bindOne(hostile: HostileText, { action, base, name, spec }: Task): Bound {
  const values = { ...base.arguments, [name]: hostile.text };
  const roots = Object.fromEntries(
    Object.keys(action.roots).map((root) => [root, `/roots/${root}`]),
  );
  const { invocation, refusal } = bindArguments(action, { kind: "json", value: values }, roots);
  const at = `${base.action} ${name} (${hostile.name})`;
  const problem = (code: CaseProblem["code"], message: string): Bound => ({
    hostile,
    accepted: false,
    problems: [{ code, message: `${at}: ${message}` }],
  });
  if (refusal !== undefined) {
    return refusal.length > 0 && refusal.every(({ code, message }) => code !== "" && message !== "")
      ? { hostile, accepted: false, problems: [] }
      : problem("CASE_REFUSED", "refused without a reason");
  }
  if (argumentProblem(spec, hostile.text) !== undefined) {
    return problem("CASE_NOT_REFUSED", "bound, and the contract does not take it");
  }
  const echo = Buffer.concat([
    ...invocation.argv.map((text) => Buffer.from(`${text}\0`)),
    Buffer.from("\0"),
    invocation.stdin ?? new Uint8Array(),
  ]);
  const changed = arrivalProblem(action, values, name, hostile.text, echo);
  return changed === undefined
    ? { hostile, accepted: true, problems: [] }
    : problem("ARGUMENT_CHANGED", `bound as another text: ${changed}`);
}

interface Verdict {
  readonly problems: readonly CaseProblem[];
  /** How often the skill's own program ran. */
  readonly runs: number;
}

/** Tries texts together; when that goes wrong, each alone, so that the report names which it was. */
async function attackWith(
  group: readonly HostileText[],
  task: Task,
  usual: ReadonlySet<string> | undefined,
  options: AttackOptions,
): Promise<Verdict> {
  const name = group.map((one) => one.name).join(", ");
  const together = await attackOnce({ name, text: joined(group) }, task, usual, options);
  if (together.problems.length === 0 || group.length === 1) return together;
  const alone = await Promise.all(group.map(async (one) => attackOnce(one, task, usual, options)));
  const found = alone.flatMap(({ problems }) => problems);
  return {
    problems: found.length > 0 ? found : together.problems,
    runs: together.runs + alone.reduce((sum, { runs }) => sum + runs, 0),
  };
}

/** An echo in the same sandbox shows what arrives there; then the skill's own program gets it. */
async function attackOnce(
  hostile: HostileText,
  task: Task,
  usual: ReadonlySet<string> | undefined,
  { runs, limit }: AttackOptions,
): Promise<Verdict> {
  const { action, base, name } = task;
  const at = `${base.action} ${name} (${hostile.name})`;
  const one = { ...base, arguments: { ...base.arguments, [name]: hostile.text } };
  return limit(async () => {
    if (runs.signal?.aborted === true) return { problems: [], runs: 0 };
    const echoed = await runOnceMore(runs, one, action, { form: "oneshot", trial: { echo: true } });
    if (echoed.kind === "refusal") {
      const why = echoed.findings.map(({ code, message }) => `${code}: ${message}`).join("; ");
      const problem: CaseProblem = {
        code: "CASE_REFUSED",
        message: `${at}: bound, and then ${why}`,
      };
      return { problems: [problem], runs: 0 };
    }
    const lost = echoProblem(echoed);
    if (lost !== undefined) {
      return { problems: [{ code: "ECHO_FAILED", message: `${at}: ${lost}` }], runs: 0 };
    }
    const changed = arrivalProblem(action, one.arguments, name, hostile.text, echoed.stdout);
    if (changed !== undefined) {
      return { problems: [{ code: "ARGUMENT_CHANGED", message: `${at}: ${changed}` }], runs: 0 };
    }
    const form = hasResidentForm(action) ? "resident" : "oneshot";
    const read = await readCassettes(base, action);
    const result = await runOnceMore(runs, one, action, {
      form,
      // A service that is asked something else than what was recorded hangs up.
      services: playServices(action, "cassettes" in read ? read.cassettes : []),
      ...(form === "oneshot" && usual !== undefined ? { trial: { observe: true } } : {}),
    });
    const attempts = result.kind === "execution" ? (result.attempts ?? []) : [];
    return {
      runs: 1,
      problems: [...judgeEnd(at, action, result), ...newAttempts(at, attempts, usual)],
    };
  });
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
  if (!observe || hasResidentForm(action)) return undefined;
  const read = await readCassettes(base, action);
  const services = playServices(action, "cassettes" in read ? read.cassettes : []);
  const result = await limit(async () =>
    runOnceMore(runs, base, action, { form: "oneshot", trial: { observe: true }, services }),
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
