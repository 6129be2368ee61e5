import type { Action } from "@clawkeep/skill-format";
import { withoutPointers } from "@clawkeep/skill-format";
import type { Execution, Refusal } from "@clawkeep/skill-runtime";

import type { ExpectedRun, SkillCase } from "./case.ts";
import { firstDifference } from "./first-difference.ts";
import type { CaseProblem } from "./report.ts";

/** One run of a case, and in which form it was asked for. */
export interface CaseRun {
  readonly form: "oneshot" | "resident";
  readonly result: Execution | Refusal;
}

/** Everything that does not hold: each run against the expectation, then the runs against each other. */
export function judgeCase(
  one: SkillCase,
  action: Action,
  runs: readonly CaseRun[],
): readonly CaseProblem[] {
  const { expect } = one;
  if (expect.kind === "refusal") {
    return unique(runs.flatMap(({ form, result }) => judgeRefusal(expect.code, form, result)));
  }
  const problems = runs.flatMap(({ form, result }) =>
    result.kind === "refusal" ? [refused(form, result)] : judgeRun(expect, action, form, result),
  );
  return unique([...problems, ...compareRuns(action, runs)]);
}

function judgeRefusal(
  code: string,
  form: CaseRun["form"],
  result: Execution | Refusal,
): readonly CaseProblem[] {
  if (result.kind === "execution") {
    return [
      {
        code: "CASE_NOT_REFUSED",
        form,
        message: `expected a refusal ${code}, and it was run (exit code ${result.exitCode})`,
      },
    ];
  }
  const codes = result.findings.map((finding) => finding.code);
  if (codes.includes(code)) return [];
  return [
    { code: "CASE_REFUSED", form, message: `expected a refusal ${code}, got ${codes.join(", ")}` },
  ];
}

function refused(form: CaseRun["form"], result: Refusal): CaseProblem {
  const why = result.findings.map((finding) => `${finding.code}: ${finding.message}`).join("; ");
  return {
    code: "CASE_REFUSED",
    form,
    message: `expected a run, and it was refused (${result.stage}): ${why}`,
  };
}

function judgeRun(
  expect: ExpectedRun,
  action: Action,
  form: CaseRun["form"],
  run: Execution,
): readonly CaseProblem[] {
  const problems: CaseProblem[] = [];
  if (run.terminatedBy !== undefined || run.signal !== null) {
    problems.push({
      code: "CASE_TERMINATED",
      form,
      message: `expected it to end by itself, got ${run.terminatedBy ?? run.signal ?? ""}${said(run)}`,
    });
    return problems;
  }
  if (run.exitCode !== expect.exitCode) {
    problems.push({
      code: "CASE_EXIT_CODE",
      form,
      message: `expected exit code ${expect.exitCode}, got ${run.exitCode}${said(run)}`,
    });
  }
  if (run.output === "invalid") {
    const why = run.outputFindings.map((finding) => finding.message).join("; ");
    problems.push({
      code: "CASE_SCHEMA",
      form,
      message: `the output is not what the contract declares: ${why}`,
    });
    return problems;
  }
  if (expect.golden?.exists === false) {
    problems.push({
      code: "CASE_GOLDEN_MISSING",
      form,
      message: `expected the output in ${expect.golden.path}, and there is no such file; --update writes it`,
    });
    return problems;
  }
  const difference = expect.hasOutput
    ? firstDifference(
        withoutPointers(expect.output, [...action.determinism.volatile, ...expect.volatile]),
        withoutPointers(jsonOf(run), [...action.determinism.volatile, ...expect.volatile]),
      )
    : expect.text === undefined
      ? undefined
      : firstDifference(expect.text, textOf(run));
  if (difference !== undefined) problems.push({ code: "CASE_OUTPUT", form, message: difference });
  return problems;
}

/** The determinism promise: each run against the first of its form, then resident against one-shot. */
function compareRuns(action: Action, runs: readonly CaseRun[]): readonly CaseProblem[] {
  if (action.determinism.promise === "none") return [];
  const done = runs.flatMap(({ form, result }) =>
    result.kind === "execution" ? [{ form, result }] : [],
  );
  const firstOf = (form: CaseRun["form"]): Execution | undefined =>
    done.find((run) => run.form === form)?.result;
  const problems: CaseProblem[] = [];
  for (const { form, result } of done) {
    const first = firstOf(form);
    const difference =
      first === undefined || first === result
        ? undefined
        : differenceOf(action, first, result, true);
    if (difference !== undefined) {
      problems.push({
        code: "CASE_NOT_DETERMINISTIC",
        form,
        message: `two runs with the same arguments differ: ${difference}`,
      });
    }
  }
  const [oneshot, resident] = [firstOf("oneshot"), firstOf("resident")];
  const between = oneshot && resident && differenceOf(action, oneshot, resident, false);
  if (between !== undefined) {
    problems.push({
      code: "CASE_FORMS_DIFFER",
      message: `one-shot and resident differ: ${between}`,
    });
  }
  return problems;
}

/** What differs between two runs as far as the action promises that nothing does. */
export function differenceOf(
  action: Action,
  first: Execution,
  second: Execution,
  sameForm: boolean,
): string | undefined {
  if (first.exitCode !== second.exitCode)
    return `exit code ${first.exitCode}, then ${second.exitCode}`;
  if (action.determinism.promise === "json") {
    const { volatile } = action.determinism;
    return firstDifference(
      withoutPointers(jsonOf(first), volatile),
      withoutPointers(jsonOf(second), volatile),
    );
  }
  if (!sameForm && action.output.format === "json")
    return firstDifference(jsonOf(first), jsonOf(second));
  if (Buffer.compare(first.stdout, second.stdout) === 0) return undefined;
  return firstDifference(textOf(first), textOf(second)) ?? "bytes that are not text";
}

/** The output as JSON even when the run failed, so that its output was not judged. */
export function jsonOf(run: Execution): unknown {
  if (run.json !== undefined) return run.json;
  try {
    const value: unknown = JSON.parse(textOf(run));
    return value;
  } catch {
    return textOf(run);
  }
}

/** Standard output as text. */
export function textOf(run: Execution): string {
  return Buffer.from(run.stdout).toString("utf8");
}

/** What the program said about it on standard error, cut. */
export function said(run: Execution): string {
  const text = Buffer.from(run.stderr).toString("utf8").trim();
  return text === "" ? "" : `; it said: ${text.slice(0, 500)}`;
}

/** The two runs of a form mostly fail alike: said once. */
function unique(problems: readonly CaseProblem[]): readonly CaseProblem[] {
  const keys = problems.map(({ code, form, message }) => JSON.stringify([code, form, message]));
  return problems.filter((_, index) => keys.indexOf(keys[index] ?? "") === index);
}
