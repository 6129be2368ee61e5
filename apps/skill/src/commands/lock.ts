import { existsSync } from "node:fs";
import { basename, join, resolve } from "node:path";

import { count, escapeForTerminal, hasErrors } from "@clawkeep/diagnostics";
import type { Finding } from "@clawkeep/diagnostics";
import { checkLock, lockPath, lockSkills, readLock } from "@clawkeep/skill-runtime";
import type { SkillSurroundings, SkillsLock } from "@clawkeep/skill-runtime";

import { findingsText, printData, printJson } from "../output/print.ts";
import { surroundings } from "../place/surroundings.ts";
import type { PlaceOptions } from "../place/surroundings.ts";
import { skillFolders } from "../place/workspace.ts";
import { namedOrAll } from "./check.ts";

/** Options of `lock` as they were written. */
export interface LockOptions extends PlaceOptions {
  readonly check?: boolean;
  readonly json?: boolean;
}

/** Locks skills, or says whether their lock holds. */
export async function lockCommand(
  folders: readonly string[],
  options: LockOptions,
): Promise<number> {
  const place = surroundings(options);
  if (options.check === true) return check(folders, place, options);
  const named = namedOrAll(folders, () => place.workspace).map((folder) => resolve(folder));
  const { lock, changed, findings } = await lockSkills(named, place);
  report(place, lock, changed, findings, options);
  return hasErrors(findings) ? 1 : 0;
}

async function check(
  folders: readonly string[],
  place: SkillSurroundings,
  options: LockOptions,
): Promise<number> {
  const lock = await readLock(lockPath(place.workspace));
  const there = (folders.length > 0 ? folders : skillFolders(place.workspace)).map((folder) =>
    basename(resolve(folder)),
  );
  const names = folders.length > 0 ? there : [...new Set([...Object.keys(lock.skills), ...there])];
  const findings: Finding[] = [];
  const changed: string[] = [];
  for (const name of names.toSorted()) {
    const checked = await checkLock(name, place);
    if (checked.findings === undefined) continue;
    changed.push(name);
    findings.push(...checked.findings);
  }
  if (names.length === 0) {
    findings.push({
      code: "LOCK_EMPTY",
      severity: "error",
      message: `expected skills in ${lockPath(place.workspace)}, got none`,
      hint: "Lock them: clawkeep-skill lock",
    });
  }
  report(place, lock, changed, findings, options);
  return hasErrors(findings) ? 1 : 0;
}

function report(
  place: SkillSurroundings,
  lock: SkillsLock,
  changed: readonly string[],
  findings: readonly Finding[],
  options: LockOptions,
): void {
  const ok = !hasErrors(findings);
  if (options.json === true) {
    printJson({
      version: 1,
      ok,
      lock: lockPath(place.workspace),
      changed,
      skills: lock.skills,
      findings,
    });
    return;
  }
  if (findings.length > 0) printData(findingsText(findings));
  for (const [name, entry] of Object.entries(lock.skills)) {
    const state = changed.includes(name)
      ? options.check === true
        ? "differs"
        : "locked "
      : "same   ";
    const gone = existsSync(join(resolve(place.workspace, entry.folder), "SKILL.md"))
      ? ""
      : " (folder is gone)";
    printData(
      `${state} ${escapeForTerminal(name)}  ${entry.folderDigest.slice(0, 19)}…  program ${escapeForTerminal(entry.program.name)} ${entry.program.closure.slice(0, 19)}…${gone}`,
    );
  }
  const verb = options.check === true ? (ok ? "holds" : "does not hold") : "written";
  printData(
    `${escapeForTerminal(lockPath(place.workspace))} ${verb}: ${count(Object.keys(lock.skills).length, "skill")}`,
  );
}
