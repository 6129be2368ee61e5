import { styleText } from "node:util";

import { count, escapeForTerminal } from "@clawkeep/diagnostics";
import type { CaseProblem, CaseReport, SkillReport, TestReport } from "@clawkeep/skill-test";

import { findingsText, printData } from "./print.ts";

/** How many of the slowest are named. */
const slowest = 5;

/** Prints what a person reads in ten seconds: a line a skill, what failed, the slowest, the verdict. */
export function printTestReport(report: TestReport): void {
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
  const slow = slowestLines(report);
  if (slow.length > 0) printData(`slowest: ${slow.join(", ")}`);
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
    printData(indent(escapeForTerminal(`recorded ${path}`)));
  }
  for (const one of failed) printData(indent(caseText(one)));
  for (const one of skill.arguments.filter(({ ok }) => !ok)) {
    printData(indent(problemLines(`${one.action} ${one.argument}`, one.problems)));
  }
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
    .map(({ name, ms }) => escapeForTerminal(`${name} ${(ms / 1000).toFixed(1)} s`));
}

function caseText(one: CaseReport): string {
  return problemLines(`${one.file}:${one.line}: ${one.name}`, one.problems);
}

function problemLines(title: string, problems: readonly CaseProblem[]): string {
  return [
    escapeForTerminal(title),
    ...problems.map((problem) => escapeForTerminal(`  ${problemText(problem)}`)),
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
          one.file === undefined ? "" : `file=${property(one.file)},line=${one.line ?? 1},`,
          one.code,
          one.message,
        ),
      ),
    ...skill.cases.flatMap((one) =>
      one.problems.map((problem) =>
        line(
          `file=${property(one.file)},line=${one.line},`,
          problem.code,
          `${one.name}: ${problem.message}`,
        ),
      ),
    ),
    ...skill.arguments.flatMap((one) =>
      one.problems.map((problem) =>
        line(`file=${property(`${skill.folder}/SKILL.md`)},`, problem.code, problem.message),
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
  const suites = report.skills.map((skill) => {
    const tests = [
      ...skill.findings
        .filter(({ severity }) => severity === "error")
        .map((one) => testCase(skill, one.code, 0, [`${one.code}: ${one.message}`])),
      ...skill.cases.map((one) =>
        testCase(
          skill,
          `${one.action}: ${one.name}`,
          one.durationMs,
          one.problems.map(problemText),
        ),
      ),
      ...skill.arguments.map((one) =>
        testCase(
          skill,
          `arguments of ${one.action} ${one.argument}`,
          one.durationMs,
          one.problems.map(problemText),
        ),
      ),
    ];
    const failures = tests.filter((text) => text.includes("<failure")).length;
    const name = xml(skill.name ?? skill.folder);
    return `<testsuite name="${name}" tests="${tests.length}" failures="${failures}">\n${tests.join("")}</testsuite>\n`;
  });
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>\n${suites.join("")}</testsuites>\n`;
}

function testCase(
  skill: SkillReport,
  name: string,
  durationMs: number,
  failures: readonly string[],
): string {
  const start = `<testcase classname="${xml(skill.name ?? skill.folder)}" name="${xml(name)}" time="${(durationMs / 1000).toFixed(3)}"`;
  if (failures.length === 0) return `${start}/>\n`;
  const inner = failures.map((text) => `<failure message="${xml(text)}"/>`).join("");
  return `${start}>${inner}</testcase>\n`;
}

/** XML 1.0 has no control characters at all, not even escaped. */
function xml(text: string): string {
  return escapeForTerminal(text)
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
