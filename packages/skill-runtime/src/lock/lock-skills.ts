import { findingOf, isCodedError } from "@clawkeep/diagnostics";
import type { Finding } from "@clawkeep/diagnostics";
import { ensurePrivateFolder } from "@clawkeep/durable-files";
import { readSkill } from "@clawkeep/skill-format";
import type { Skill } from "@clawkeep/skill-format";
import { realpath } from "node:fs/promises";
import path from "node:path";

import { closureSource } from "../program/closure-source.ts";
import type { ProgramSurroundings } from "../program/closure-source.ts";
import { storeClosure } from "../program/store-closure.ts";
import { rememberLock } from "./known-locks.ts";
import { lockPath, readLock, writeLock } from "./skills-lock.ts";
import type { LockedSkill, SkillsLock } from "./skills-lock.ts";

/** Where skills, programs and state are. All of it is the application's choice. */
export interface SkillSurroundings extends ProgramSurroundings {
  /** State folder; made private if it does not exist. */
  readonly home: string;
  /** Absolute folder that relative roots and the lock file belong to. */
  readonly workspace: string;
}

/** What locking came to. */
export interface LockReport {
  /** The lock as it is on disk now. */
  readonly lock: SkillsLock;
  /** Names whose entry is new or different. */
  readonly changed: readonly string[];
  /** All findings; a skill with an error keeps the entry that it had. */
  readonly findings: readonly Finding[];
}

/**
 * Reads skills, copies their programs into the private store and writes their digests to
 * `skills.lock`. Other entries stay. This is the act of trust: what is locked may run.
 */
export async function lockSkills(
  folders: readonly string[],
  surroundings: SkillSurroundings,
): Promise<LockReport> {
  await ensurePrivateFolder(surroundings.home);
  const file = lockPath(surroundings.workspace);
  const before = await readLock(file);
  const skills = new Map(Object.entries(before.skills));
  const findings: Finding[] = [];
  const changed: string[] = [];
  for (const folder of folders) {
    const read = await readSkill(path.resolve(surroundings.workspace, folder));
    findings.push(...read.findings);
    if (read.skill === undefined) {
      continue;
    }
    try {
      const entry = await lockOne(read.skill, surroundings);
      if (JSON.stringify(skills.get(read.skill.name)) !== JSON.stringify(entry)) {
        changed.push(read.skill.name);
      }
      skills.set(read.skill.name, entry);
    } catch (error) {
      if (!isCodedError(error)) {
        throw error;
      }
      findings.push({
        ...findingOf(error),
        message: `skill ${read.skill.name}: ${error.message}`,
      });
    }
  }
  const lock: SkillsLock = { lock: 1, skills: Object.fromEntries(skills) };
  // Noted first: what no lock is known to refer to may be cleaned away.
  await rememberLock(surroundings.home, path.resolve(file));
  if (changed.length > 0) {
    await writeLock(file, lock);
  }
  return { lock, changed, findings };
}

async function lockOne(skill: Skill, surroundings: SkillSurroundings): Promise<LockedSkill> {
  const { program } = skill.contract;
  const source = closureSource(skill, surroundings);
  const closure = await storeClosure(surroundings.home, source);
  const [at] = source.files;
  const [copy] = closure.manifest.files;
  const workspace = await realpath(surroundings.workspace);
  const folder = path
    .relative(workspace, await realpath(skill.folder))
    .split(path.sep)
    .join("/");
  return {
    folder: folder === "" ? "." : folder,
    folderDigest: skill.folderDigest,
    contractDigest: skill.contractDigest,
    program: {
      kind: program.kind,
      name: program.kind === "file" ? program.file : program.name,
      ...(program.kind === "system" && at !== undefined && copy !== undefined
        ? { path: at.source, digest: copy.digest }
        : {}),
      closure: closure.digest,
      complete: closure.complete,
    },
  };
}
