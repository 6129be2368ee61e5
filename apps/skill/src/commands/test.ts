import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { styleText } from "node:util";

import { count, escapeForTerminal, hasErrors, isCodedError } from "@clawkeep/diagnostics";
import { ensurePrivateFolder } from "@clawkeep/durable-files";
import type { Skill } from "@clawkeep/skill-format";
import { lockPath, lockSkills, openRuntime, readLock } from "@clawkeep/skill-runtime";
import type { SkillSurroundings } from "@clawkeep/skill-runtime";
import { testSkills } from "@clawkeep/skill-test";
import type { CaseReport, CaseRunner, TestOptions, TestReport } from "@clawkeep/skill-test";

import { readPairs } from "../read-pairs.ts";
import { findingsText, printData, printJson } from "../output/print.ts";
import { cancellable } from "../place/cancellation.ts";
import { surroundings } from "../place/surroundings.ts";
import type { PlaceOptions } from "../place/surroundings.ts";
import { namedOrAll } from "./check.ts";

/** Options of `test` as they were written. */
export interface TestCommandOptions extends PlaceOptions {
  readonly root: readonly string[];
  readonly requireSandbox?: boolean;
  readonly trust?: boolean;
  readonly json?: boolean;
}

/** Executes the cases of skills and prints what they came to. */
export async function testCommand(
  folders: readonly string[],
  options: TestCommandOptions,
): Promise<number> {
  const place = placeOf(folders, options);
  const named = namedOrAll(folders, () => place.workspace);
  const roots = Object.fromEntries(
    Object.entries(readPairs("--root", options.root)).map(([name, path]) => [name, resolve(path)]),
  );
  return cancellable(async (signal) => {
    const test: TestOptions = {
      openRunner: async (skill) => openRunner(skill, place, options),
      roots,
      signal,
    };
    const report = await testSkills(named, test);
    if (options.json === true) printJson(report);
    else printReport(report);
    return report.ok ? 0 : 1;
  });
}

/** Folders that are named need no workspace; if there is one, its lock and its programs count. */
function placeOf(folders: readonly string[], options: TestCommandOptions): SkillSurroundings {
  try {
    return surroundings(options);
  } catch (error) {
    const isOptional = folders.length > 0 && options.workspace === undefined;
    if (isOptional && isCodedError(error) && error.code === "WORKSPACE_MISSING") {
      return surroundings({ ...options, workspace: "." });
    }
    throw error;
  }
}

/** A runtime with a lock of its own that holds the one skill, and state apart from that of real runs. */
async function openRunner(
  skill: Skill,
  place: SkillSurroundings,
  options: TestCommandOptions,
): Promise<Awaited<ReturnType<TestOptions["openRunner"]>>> {
  const home = join(place.home, "test");
  await ensurePrivateFolder(home);
  const parent = join(home, "workspaces");
  await mkdir(parent, { recursive: true, mode: 0o700 });
  const workspace = await mkdtemp(join(parent, "w-"));
  const remove = async (): Promise<void> => rm(workspace, { recursive: true, force: true });
  try {
    const apart: SkillSurroundings = { ...place, home, workspace };
    const { findings } = await lockSkills([skill.folder], apart);
    if (hasErrors(findings)) {
      await remove();
      return { findings };
    }
    const mustConfine =
      options.requireSandbox === true ||
      !(options.trust === true || (await isLocked(skill, place)));
    const runtime = await openRuntime(apart);
    const runner: CaseRunner = {
      invoke: async (request) =>
        runtime.invoke(mustConfine ? { ...request, requireSandbox: "bubblewrap" } : request),
      close: async () => {
        await runtime.close();
        await remove();
      },
    };
    return runner;
  } catch (error) {
    await remove();
    throw error;
  }
}

/** True when the workspace's own lock already trusts exactly these bytes. */
async function isLocked(skill: Skill, place: SkillSurroundings): Promise<boolean> {
  const { skills } = await readLock(lockPath(place.workspace));
  const entry = Object.hasOwn(skills, skill.name) ? skills[skill.name] : undefined;
  return entry?.folderDigest === skill.folderDigest;
}

function printReport(report: TestReport): void {
  for (const skill of report.skills) {
    const failed = skill.cases.filter((one) => !one.ok);
    const total = count(skill.cases.length, "case");
    const state = skill.ok ? styleText("green", "ok  ") : styleText("red", "FAIL");
    const levels = [
      ...new Set(skill.cases.flatMap((one) => one.runs.flatMap((run) => run.level ?? []))),
    ];
    const confined = levels.length === 0 ? "" : `, sandbox: ${levels.join(", ")}`;
    printData(
      `${state} ${escapeForTerminal(skill.name ?? skill.folder)}  ${total}${failed.length > 0 ? `, ${failed.length} failed` : ""}${confined}`,
    );
    if (skill.findings.length > 0) printData(indent(findingsText(skill.findings)));
    for (const one of failed) printData(indent(caseText(one)));
  }
  const { counts } = report;
  const verdict = report.ok
    ? "all hold"
    : counts.cases === 0
      ? "nothing ran"
      : `${count(counts.failed, "case")} failed`;
  printData(
    `${count(counts.skills, "skill")}, ${count(counts.cases, "case")}, ${count(counts.runs, "run")} in ${(report.durationMs / 1000).toFixed(1)} s: ${verdict}`,
  );
}

function caseText(one: CaseReport): string {
  const place = escapeForTerminal(`${one.file}:${one.line}: ${one.name}`);
  const problems = one.problems.map(({ code, form, message }) =>
    escapeForTerminal(`${code}${form === undefined ? "" : ` (${form})`}: ${message}`),
  );
  return [place, ...problems.map((text) => `  ${text}`)].join("\n");
}

function indent(text: string): string {
  return text.replace(/^(?=.)/gmu, "     ");
}
