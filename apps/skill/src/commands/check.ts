import { CodedError, count, escapeForTerminal } from "@clawkeep/diagnostics";
import { readSkill } from "@clawkeep/skill-format";

import { findingsText, printData, printJson } from "../output/print.ts";
import { findWorkspace, skillFolders } from "../place/workspace.ts";

/** Options of `check` as they were written. */
export interface CheckOptions {
  readonly workspace?: string;
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

/** Reads skill folders and prints everything that is wrong with them. */
export async function checkSkills(
  folders: readonly string[],
  options: CheckOptions,
): Promise<number> {
  const skills: {
    readonly folder: string;
    readonly read: Awaited<ReturnType<typeof readSkill>>;
  }[] = [];
  for (const folder of namedOrAll(folders, () => findWorkspace(options.workspace))) {
    skills.push({ folder, read: await readSkill(folder) });
  }
  const ok = skills.every(({ read }) => read.skill !== undefined);
  if (options.json === true) {
    printJson({
      version: 1,
      ok,
      skills: skills.map(({ folder, read: { skill, findings } }) => ({
        folder,
        ok: skill !== undefined,
        ...(skill === undefined
          ? {}
          : {
              name: skill.name,
              folderDigest: skill.folderDigest,
              contractDigest: skill.contractDigest,
              actions: Object.keys(skill.contract.actions),
            }),
        findings,
      })),
    });
    return ok ? 0 : 1;
  }
  for (const { folder, read } of skills) {
    const mark = read.skill === undefined ? "wrong" : "ok   ";
    printData(`${mark} ${escapeForTerminal(folder)}`);
    if (read.findings.length > 0) printData(findingsText(read.findings));
  }
  const findings = skills.flatMap(({ read }) => read.findings);
  const errors = findings.filter((finding) => finding.severity === "error").length;
  printData(
    `${count(skills.length, "skill")}, ${count(errors, "error")}, ${count(findings.length - errors, "warning")}`,
  );
  return ok ? 0 : 1;
}
