import { preflightRules, preflightSkill } from "@clawkeep/clawhub";
import type { PreflightFinding, SkillPreflight } from "@clawkeep/clawhub";
import { count, escapeForTerminal } from "@clawkeep/diagnostics";
import { sarifLog } from "@clawkeep/skill-authoring";

import { findingsText, printData, printJson } from "../output/print.ts";
import { findWorkspace } from "../place/workspace.ts";
import { namedOrAll } from "./check.ts";

/** Options of `preflight` as they were written. */
export interface PreflightOptions {
  readonly workspace?: string;
  readonly categories?: string;
  readonly topics?: string;
  readonly strict?: boolean;
  readonly sarif?: boolean;
  readonly json?: boolean;
}

/** Says of skill folders what publishing is expected to meet. Sends nothing. */
export async function preflightSkills(
  folders: readonly string[],
  options: PreflightOptions,
): Promise<number> {
  const catalog = { categories: listOf(options.categories), topics: listOf(options.topics) };
  const skills: SkillPreflight[] = [];
  for (const folder of namedOrAll(folders, () => findWorkspace(options.workspace))) {
    skills.push(await preflightSkill(folder, catalog));
  }
  const stops = options.strict === true ? ["error", "warning"] : ["error"];
  const isOk = ({ findings }: SkillPreflight): boolean =>
    findings.every(({ severity }) => !stops.includes(severity));
  const ok = skills.every(isOk);
  if (options.sarif === true) printJson(sarifLog(skills, preflightRules));
  else if (options.json === true) {
    printJson({ version: 1, ok, skills: skills.map((skill) => ({ ...skill, ok: isOk(skill) })) });
  } else printText(skills, isOk);
  return ok ? 0 : 1;
}

function printText(
  skills: readonly SkillPreflight[],
  isOk: (skill: SkillPreflight) => boolean,
): void {
  const shown = skills.map((skill) => ({
    skill,
    findings: skill.findings.filter(({ severity }) => severity !== "note"),
  }));
  for (const { skill, findings } of shown) {
    printData(`${isOk(skill) ? "ok   " : "wrong"} ${escapeForTerminal(skill.folder)}`);
    for (const finding of findings) {
      printData(findingsText([finding]));
      for (const line of explanation(finding)) printData(escapeForTerminal(`  ${line}`));
    }
  }
  const all = shown.flatMap(({ findings }) => findings);
  const number = (level: string): number => all.filter(({ severity }) => severity === level).length;
  const notes = skills.reduce((sum, { findings }) => sum + findings.length, 0) - all.length;
  const counts = [
    count(skills.length, "skill"),
    count(number("error"), "error"),
    count(number("warning"), "warning"),
    `${count(notes, "note")} (--json shows them)`,
  ];
  printData(
    `${counts.join(", ")}\nWhat is predicted is not what will be said, and nothing here says that a skill is harmless.`,
  );
}

function explanation({ reason, predicted }: PreflightFinding): readonly string[] {
  return [
    ...(reason === undefined ? [] : [reason]),
    ...predicted.map(({ engine, code }) => `predicted: ${code} (${engine})`),
  ];
}

function listOf(written: string | undefined): readonly string[] {
  return (written ?? "")
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
}
