import { isCodedError } from "@clawkeep/diagnostics";
import type { Finding } from "@clawkeep/diagnostics";
import type { Skill } from "@clawkeep/skill-format";
import path from "node:path";

import { closureSource } from "../program/closure-source.ts";
import { openClosure } from "../program/open-closure.ts";
import type { StoredClosure } from "../program/open-closure.ts";
import { storeClosure } from "../program/store-closure.ts";
import type { SkillSurroundings } from "./lock-skills.ts";
import { markClosureUsed } from "./known-locks.ts";
import { rememberedSkill } from "./remembered-skill.ts";
import { lockPath, readLock } from "./skills-lock.ts";

/** A skill that is exactly as it was locked, or all reasons why it is not. */
export type LockCheck =
  | { readonly skill: Skill; readonly closure: StoredClosure; readonly findings?: never }
  | { readonly findings: readonly Finding[]; readonly skill?: never };

/**
 * Compares a skill with its entry in `skills.lock`: folder, contract, program. Their bytes
 * are hashed again only when the file system says that one of the files changed.
 */
export async function checkLock(name: string, surroundings: SkillSurroundings): Promise<LockCheck> {
  try {
    return await check(name, surroundings);
  } catch (error) {
    if (!isCodedError(error)) {
      throw error;
    }
    return { findings: [finding(error.code, error.message, error.hint)] };
  }
}

async function check(name: string, surroundings: SkillSurroundings): Promise<LockCheck> {
  const file = lockPath(surroundings.workspace);
  const { skills } = await readLock(file);
  const entry = Object.hasOwn(skills, name) ? skills[name] : undefined;
  if (entry === undefined) {
    const known = Object.keys(skills).join(", ");
    return {
      findings: [
        finding(
          "LOCK_SKILL_UNKNOWN",
          `the skill ${JSON.stringify(name)} is not in ${file}${known === "" ? "" : ` (it has ${known})`}`,
          "review the skill, then lock it: `skill lock FOLDER`",
        ),
      ],
    };
  }
  const folder = path.resolve(surroundings.workspace, entry.folder);
  await markClosureUsed(surroundings.home, entry.program.closure, file);
  const [read, closure] = await Promise.all([
    rememberedSkill(folder),
    openClosure(surroundings.home, entry.program.closure),
  ]);
  if (read.skill === undefined) {
    return { findings: read.findings };
  }
  const { skill } = read;
  const findings: Finding[] = [];
  const compare = (what: string, locked: string, found: string): void => {
    if (locked !== found) {
      findings.push(
        finding(
          "LOCK_SKILL_CHANGED",
          `the ${what} of the skill ${name} should be ${locked} and is ${found}`,
          "review what changed, then lock it again: `skill lock`",
        ),
      );
    }
  };
  compare("name", name, skill.name);
  compare("folder", entry.folderDigest, skill.folderDigest);
  compare("contract", entry.contractDigest, skill.contractDigest);
  if (closure === undefined) {
    findings.push(
      finding(
        "LOCK_PROGRAM_ABSENT",
        `the program ${entry.program.name} of the skill ${name} was not locked on this machine`,
        "lock it here: `skill lock`",
      ),
    );
  }
  if (closure === undefined || findings.length > 0) {
    return { findings };
  }
  if (!closure.sourcesHold) {
    // Touched, moved or changed. Only changed bytes count, and storing tells by hashing them.
    const again = await storeClosure(surroundings.home, closureSource(skill, surroundings));
    if (again.digest !== closure.digest) {
      return {
        findings: [
          finding(
            "LOCK_PROGRAM_CHANGED",
            `the program ${entry.program.path ?? entry.program.name} should be ${closure.digest} and is ${again.digest}`,
            entry.program.kind === "system"
              ? "the system's own program was updated or replaced; when that was meant, lock it again: `skill lock`"
              : "review what changed, then lock it again: `skill lock`",
          ),
        ],
      };
    }
  }
  return { skill, closure };
}

function finding(code: string, message: string, hint?: string): Finding {
  return { code, severity: "error", message, ...(hint === undefined ? {} : { hint }) };
}
