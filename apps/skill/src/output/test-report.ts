import { relative } from "node:path";
import { styleText } from "node:util";

import { count, escapeForTerminal } from "@clawkeep/diagnostics";
import type { CaseProblem, CaseReport, SkillReport, TestReport } from "@clawkeep/skill-test";

import { findingsText, printData } from "./print.ts";

/** How many of the slowest are named. */
const slowest = 5;
/** How much of what is wrong with one case or argument is printed. */
const mostProblems = 5;
/** Who waits longer than this, in milliseconds, wants to know what for. */
const longMs = 60_000;

/** How a report is printed. */
export interface TestReportStyle {
  /** Name the slowest however short it took. */
  readonly slowest?: boolean | undefined;
}

/**
 * Prints what a person reads in ten seconds: a line a skill, what failed, the slowest if it took more
 * than a minute, the verdict.
 */
export function printTestReport(report: TestReport, style: TestReportStyle = {}): void {
  for (const skill of report.skills) printSkill(skill);
  const { counts } = report;
  for (const [name, why] of Object.entries(report.notShaken)) {
    printData(escapeForTerminal(`${name}: not shaken (${why})`));
  }
  const verdict = report.ok ? "all hold" : verdictOf(report);
  const parts = [
    count(counts.skills, "skill"),
    count(counts.cases, "case"),
    count(counts.runs, "run"),
    ...(counts.shaken > 0 ? [`${counts.shaken} shaken`] : []),
    ...(counts.attacks > 0 ? [count(counts.attacks, "hostile argument")] : []),
  ];
  if (style.slowest === true || report.durationMs > longMs) {
    for (const line of slowestLines(report)) printData(line);
  }
  printData(`${parts.join(", ")} in ${(report.durationMs / 1000).toFixed(1)} s: ${verdict}`);
}

function printSkill(skill: SkillReport): void {
  const failed = skill.cases.filter((one) => !one.ok);
  const state = skill.ok ? styleText("green", "ok  ") : styleText("red", "FAIL");
  const levels = [
    ...new Set(skill.cases.flatMap((one) => one.runs.flatMap((run) => run.level ?? []))),
  ];
  const tried = skill.arguments.reduce((sum, one) => sum + one.tried, 0);
  const parts = [
    count(skill.cases.length, "case"),
    ...(failed.length > 0 ? [`${failed.length} failed`] : []),
    ...(tried > 0 ? [count(tried, "hostile argument")] : []),
    ...(levels.length === 0 ? [] : [`sandbox: ${levels.join(", ")}`]),
    ...(skill.observation === undefined ? [] : [seen(skill.observation)]),
  ];
  printData(
    escapeForTerminal(`${skill.name ?? skill.folder}  ${parts.join(", ")}`).replace(
      /^/u,
      `${state} `,
    ),
  );
  if (skill.findings.length > 0) printData(indent(findingsText(skill.findings)));
  for (const path of skill.cases.flatMap(({ recorded }) => recorded ?? [])) {
    printData(indent(escapeForTerminal(`recorded ${shown(path)}`)));
  }
  for (const one of failed) printData(indent(caseText(one)));
  for (const one of skill.arguments.filter(({ ok }) => !ok)) {
    printData(indent(problemLines(`${one.action} ${one.argument}`, one.problems)));
  }
}

/** As a person there would name it. */
function shown(path: string): string {
  const near = relative("", path);
  return near === "" || near.startsWith("..") ? path : near;
}

function seen(observation: string): string {
  return observation.startsWith("not observed") ? observation : `observed: ${observation}`;
}

function verdictOf({ counts, skills }: TestReport): string {
  if (counts.cases === 0) return "nothing ran";
  const argumentsFailed = skills.flatMap((one) => one.arguments).filter(({ ok }) => !ok).length;
  if (counts.failed === 0 && argumentsFailed > 0) {
    return `${count(argumentsFailed, "argument")} failed`;
  }
  return counts.failed === 0 ? "not all held" : `${count(counts.failed, "case")} failed`;
}

function slowestLines({ skills }: TestReport): readonly string[] {
  return skills
    .flatMap((skill) => [
      ...skill.cases.map((one) => ({ name: `${skill.name}: ${one.name}`, ms: one.durationMs })),
      ...skill.arguments.map((one) => ({
        name: `${skill.name}: arguments of ${one.action} ${one.argument}`,
        ms: one.durationMs,
      })),
    ])
    .toSorted((a, b) => b.ms - a.ms)
    .slice(0, slowest)
    .map(({ name, ms }) => escapeForTerminal(`slow: ${(ms / 1000).toFixed(1)} s ${name}`));
}

function caseText(one: CaseReport): string {
  return problemLines(`${shown(one.file)}:${one.line}: ${one.name}`, one.problems);
}

function problemLines(title: string, problems: readonly CaseProblem[]): string {
  const more = problems.length - mostProblems;
  return [
    escapeForTerminal(title),
    ...problems.slice(0, mostProblems).map((one) => escapeForTerminal(`  ${problemText(one)}`)),
    ...(more > 0 ? [`  … and ${more} more (--json shows all)`] : []),
  ].join("\n");
}

function problemText({ code, form, message }: CaseProblem): string {
  return `${code}${form === undefined ? "" : ` (${form})`}: ${message}`;
}

function indent(text: string): string {
  return text.replace(/^(?=.)/gmu, "     ");
}

/** One line a thing that is wrong, as GitHub's runner reads it. */
export function annotations(report: TestReport): readonly string[] {
  const line = (at: string, title: string, text: string): string =>
    `::error ${at}title=${property(title)}::${data(escapeForTerminal(text))}`;
  return report.skills.flatMap((skill) => [
    ...skill.findings
      .filter(({ severity }) => severity === "error")
      .map((one) =>
        line(
          one.file === undefined ? "" : `file=${property(shown(one.file))},line=${one.line ?? 1},`,
          one.code,
          one.message,
        ),
      ),
    ...skill.cases.flatMap((one) =>
      one.problems.map((problem) =>
        line(
          `file=${property(shown(one.file))},line=${one.line},`,
          problem.code,
          `${one.name}: ${problem.message}`,
        ),
      ),
    ),
    ...skill.arguments.flatMap((one) =>
      one.problems.map((problem) =>
        line(`file=${property(shown(`${skill.folder}/SKILL.md`))},`, problem.code, problem.message),
      ),
    ),
  ]);
}

function data(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

function property(text: string): string {
  return data(escapeForTerminal(text)).replaceAll(":", "%3A").replaceAll(",", "%2C");
}

/** The report as JUnit XML: a suite a skill, a test case a case and an attacked argument. */
export function junitText(report: TestReport): string {
  const suites = report.skills.map((skill) => suiteOf(skill));
  const tests = suites.flatMap((suite) => suite.tests);
  return `<?xml version="1.0" encoding="UTF-8"?>
<testsuites ${totals(tests)} time="${seconds(report.durationMs)}">
${suites.map(({ text }) => text).join("")}</testsuites>
`;
}

interface JunitTest {
  readonly text: string;
  readonly failed: boolean;
  readonly durationMs: number;
}

function suiteOf(skill: SkillReport): {
  readonly text: string;
  readonly tests: readonly JunitTest[];
} {
  const name = skill.name ?? skill.folder;
  const tests: readonly JunitTest[] = [
    ...skill.findings
      .filter(({ severity }) => severity === "error")
      .map((one) => junitTest(name, one.code, 0, [`${one.code}: ${one.message}`])),
    ...skill.cases.map((one) =>
      junitTest(
        name,
        `${one.action}: ${one.name}`,
        one.durationMs,
        one.problems.map(problemText),
        ` file="${xml(shown(one.file))}" line="${one.line}"`,
      ),
    ),
    ...skill.arguments.map((one) =>
      junitTest(
        name,
        `arguments of ${one.action} ${one.argument}`,
        one.durationMs,
        one.problems.map(problemText),
      ),
    ),
  ];
  const durationMs = tests.reduce((sum, one) => sum + one.durationMs, 0);
  return {
    tests,
    text: `<testsuite name="${xml(name)}" ${totals(tests)} time="${seconds(durationMs)}">
${tests.map(({ text }) => text).join("")}</testsuite>
`,
  };
}

function junitTest(
  suite: string,
  name: string,
  durationMs: number,
  failures: readonly string[],
  place = "",
): JunitTest {
  const start = `<testcase classname="${xml(suite)}" name="${xml(name)}"${place} time="${seconds(durationMs)}"`;
  const inner = failures.map((text) => `<failure message="${xml(text)}"/>`).join("");
  const text = failures.length === 0 ? `${start}/>\n` : `${start}>${inner}</testcase>\n`;
  return { text, failed: failures.length > 0, durationMs };
}

function totals(tests: readonly JunitTest[]): string {
  return `tests="${tests.length}" failures="${tests.filter(({ failed }) => failed).length}"`;
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(3);
}

/** XML 1.0 has no control characters at all, not even escaped. */
function xml(text: string): string {
  return escapeForTerminal(text)
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
