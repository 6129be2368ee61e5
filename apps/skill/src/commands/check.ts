import { CodedError, count, escapeForTerminal } from "@clawkeep/diagnostics";
import { checkSkill, fixSkill, sarifLog, targets } from "@clawkeep/skill-authoring";
import type { SkillCheck, Target } from "@clawkeep/skill-authoring";

import { findingsText, printData, printJson, printNote } from "../output/print.ts";
import { findWorkspace, skillFolders } from "../place/workspace.ts";

/** Options of `check` as they were written. */
export interface CheckOptions {
  readonly workspace?: string;
  readonly target?: string;
  readonly fix?: boolean;
  readonly sarif?: boolean;
  readonly json?: boolean;
}

/** The folders that are named, or all of the workspace's. */
export function namedOrAll(folders: readonly string[], workspace: () => string): readonly string[] {
  const all = folders.length > 0 ? folders : skillFolders(workspace());
  if (all.length > 0) return all;
  throw new CodedError({
    code: "SKILLS_MISSING",
    message: `expected skill folders in ${workspace()}/skills, got none`,
    hint: "Name the folders, or put them into skills/.",
  });
}

/** Checks skill folders and prints everything that is wrong with them. */
export async function checkSkills(
  folders: readonly string[],
  options: CheckOptions,
): Promise<number> {
  const named = targetsOf(options.target);
  const checks: SkillCheck[] = [];
  for (const folder of namedOrAll(folders, () => findWorkspace(options.workspace))) {
    if (options.fix === true) {
      const { fixed } = await fixSkill(folder);
      if (fixed.length > 0) printNote(escapeForTerminal(`${folder}: fixed ${fixed.join(", ")}`));
    }
    checks.push(await checkSkill(folder, named, { runnable: options.target === undefined }));
  }
  const ok = checks.every(isOk);
  if (options.sarif === true) printJson(sarifLog(checks));
  else if (options.json === true) printJson({ version: 1, ok, skills: checks.map(jsonOf) });
  else printText(checks);
  return ok ? 0 : 1;
}

function targetsOf(written: string | undefined): readonly Target[] {
  if (written === undefined) return ["spec"];
  if (written === "all") return targets;
  const target = targets.find((name) => name === written);
  if (target !== undefined) return [target];
  throw new CodedError({
    code: "TARGET_UNKNOWN",
    message: `expected --target ${targets.join(", ")} or all, got ${JSON.stringify(written)}`,
    hint: "Write one of them.",
  });
}

function isOk({ findings }: SkillCheck): boolean {
  return findings.every(({ severity }) => severity !== "error");
}

function jsonOf(check: SkillCheck): unknown {
  const { folder, skill, accepts, findings } = check;
  return {
    folder,
    ok: isOk(check),
    ...(skill === undefined
      ? {}
      : {
          name: skill.name,
          folderDigest: skill.folderDigest,
          contractDigest: skill.contractDigest,
          actions: Object.keys(skill.contract.actions),
        }),
    accepts,
    findings,
  };
}

function printText(checks: readonly SkillCheck[]): void {
  for (const check of checks) {
    printData(`${isOk(check) ? "ok   " : "wrong"} ${escapeForTerminal(check.folder)}`);
    for (const finding of check.findings) {
      const { source, reason, targets: who } = finding;
      printData(findingsText([finding]));
      if (source === undefined || reason === undefined) continue;
      const said = Object.keys(who).join(", ");
      printData(escapeForTerminal(`  (${said}) ${reason} ${source.name}: ${source.link}`));
    }
  }
  const findings = checks.flatMap((check) => check.findings);
  const number = (level: string): number =>
    findings.filter(({ severity }) => severity === level).length;
  printData(
    `${count(checks.length, "skill")}, ${count(number("error"), "error")}, ${count(number("warning"), "warning")}`,
  );
}
