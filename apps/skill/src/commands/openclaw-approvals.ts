import { lstatSync, mkdirSync, realpathSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";

import { CodedError, count, escapeForTerminal } from "@clawkeep/diagnostics";
import type { Finding } from "@clawkeep/diagnostics";
import { replaceFile } from "@clawkeep/durable-files";
import {
  agentSkillText,
  approvalEntry,
  approvalsDocument,
  execConfiguration,
  launcherPath,
  launcherText,
} from "@clawkeep/openclaw-approvals";
import type { ApprovalEntry } from "@clawkeep/openclaw-approvals";
import { splitFrontMatter } from "@clawkeep/skill-format";
import type { Action, Skill } from "@clawkeep/skill-format";
import { checkLock, lockPath, readLock } from "@clawkeep/skill-runtime";
import type { SkillSurroundings } from "@clawkeep/skill-runtime";

import { findingsText, printData, printJson, printNote } from "../output/print.ts";
import { surroundings } from "../place/surroundings.ts";
import type { PlaceOptions } from "../place/surroundings.ts";
import { readPairs } from "../read-pairs.ts";

/** Options of `openclaw-approvals` as they were written. */
export interface OpenclawApprovalsOptions extends PlaceOptions {
  readonly into: string;
  readonly skill: readonly string[];
  readonly root: readonly string[];
  readonly agent: string;
  readonly allowUnconfined?: boolean;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

/** One skill of the exec route: its launcher and what may be called. */
interface Approved {
  readonly skill: Skill;
  readonly launcher: string;
  readonly text: string;
  readonly agentText: string;
  readonly entries: readonly ApprovalEntry[];
}

/** Writes launchers, approvals and configuration for OpenClaw's exec route to locked skills. */
export async function openclawApprovals(options: OpenclawApprovalsOptions): Promise<number> {
  const place = surroundings(options);
  const { skills, findings } = await lockedSkills(place, options.skill);
  if (findings.length > 0) {
    process.stderr.write(findingsText(findings));
    return 1;
  }
  const folder = launcherFolder(options.into, options.dryRun === true);
  const roots = rootsOf(options.root, skills);
  const approved = await Promise.all(
    skills.map((skill) => approve(skill, folder, roots.get(skill.name) ?? {}, place, options)),
  );
  const approvals = approvalsDocument(
    options.agent,
    approved.flatMap(({ entries }) => entries),
  );
  const configuration = execConfiguration(join(folder, "skills"));
  const files: Readonly<Record<string, { readonly text: string; readonly mode: number }>> = {
    ...Object.fromEntries(
      approved.flatMap(({ skill, launcher, text, agentText }) => [
        [launcher, { text, mode: 0o555 }],
        [join(folder, "skills", skill.name, "SKILL.md"), { text: agentText, mode: 0o444 }],
      ]),
    ),
    [join(folder, "approvals.json")]: { text: asJson(approvals), mode: 0o444 },
    [join(folder, "configuration.json")]: { text: asJson(configuration), mode: 0o444 },
  };
  if (options.dryRun !== true) await write(folder, files);
  if (options.json === true) {
    printJson({
      version: 1,
      written: options.dryRun !== true,
      folder,
      launchers: approved.map(({ skill, launcher, text }) => ({
        skill: skill.name,
        path: launcher,
        text,
      })),
      approvals,
      configuration,
    });
  } else {
    printText(folder, approved, options);
  }
  return 0;
}

async function lockedSkills(
  place: SkillSurroundings,
  named: readonly string[],
): Promise<{ readonly skills: readonly Skill[]; readonly findings: readonly Finding[] }> {
  const lock = lockPath(place.workspace);
  const names = named.length > 0 ? named : Object.keys((await readLock(lock)).skills);
  if (names.length === 0) {
    throw new CodedError({
      code: "LOCK_EMPTY",
      message: `expected skills in ${lock}, got none`,
      hint: "Lock them: clawkeep-skill lock",
    });
  }
  const skills: Skill[] = [];
  const findings: Finding[] = [];
  for (const name of new Set(names)) {
    const checked = await checkLock(name, place);
    if (checked.skill === undefined) findings.push(...checked.findings);
    else skills.push(checked.skill);
  }
  return { skills, findings };
}

/** The folder's real path: whoever else can write there decides what OpenClaw runs. */
function launcherFolder(into: string, dryRun: boolean): string {
  const at = resolve(into);
  launcherPath(at, "skill");
  if (!dryRun) mkdirSync(at, { recursive: true, mode: 0o755 });
  const stat = lstatSync(at, { throwIfNoEntry: false });
  if (stat === undefined) return at;
  if (!stat.isDirectory() || (stat.mode & 0o022) !== 0) {
    throw new CodedError({
      code: "LAUNCHER_FOLDER",
      message: `expected ${at} to be a folder that only its owner can write to`,
      hint: "Choose a folder of root, or of whoever installs: not one that the agent's user can write to.",
    });
  }
  return realpathSync(at);
}

/** `[SKILL.]NAME=PATH`, by skill: without a skill it is for each that has such a root. */
function rootsOf(
  written: readonly string[],
  skills: readonly Skill[],
): ReadonlyMap<string, Readonly<Record<string, string>>> {
  const roots = new Map<string, Record<string, string>>();
  for (const [key, folder] of Object.entries(readPairs("--root", written))) {
    const dot = key.indexOf(".");
    const name = key.slice(dot + 1);
    const takers = skills.filter(
      (skill) =>
        (dot < 0 || skill.name === key.slice(0, dot)) &&
        Object.values(skill.contract.actions).some((action) => Object.hasOwn(action.roots, name)),
    );
    if (takers.length === 0) {
      throw new CodedError({
        code: "USAGE",
        message: `expected --root of a skill, got ${JSON.stringify(key)}, which none has`,
        hint: "Write NAME=PATH or SKILL.NAME=PATH, with a root of the contract.",
      });
    }
    for (const { name: skill } of takers) {
      roots.set(skill, { ...roots.get(skill), [name]: resolve(folder) });
    }
  }
  return roots;
}

async function approve(
  skill: Skill,
  folder: string,
  roots: Readonly<Record<string, string>>,
  place: SkillSurroundings,
  options: OpenclawApprovalsOptions,
): Promise<Approved> {
  const launcher = launcherPath(folder, skill.name);
  const { actions } = skill.contract;
  const file = join(skill.folder, "SKILL.md");
  const { frontMatter } = splitFrontMatter(await readFile(file, "utf8"), file);
  return {
    skill,
    launcher,
    text: launcherText({
      skill: skill.name,
      node: process.execPath,
      entry: realpathSync(process.argv[1] ?? ""),
      workspace: place.workspace,
      home: place.home,
      programFolders: (options.programFolder ?? []).map((named) => resolve(named)),
      actions: Object.fromEntries(
        Object.entries(actions).map(([name, action]) => [name, rootsOfAction(action, roots)]),
      ),
      requireSandbox: options.allowUnconfined !== true,
    }),
    agentText: agentSkillText({
      name: skill.name,
      description: skill.description,
      body: frontMatter?.body ?? "",
      actions,
      launcher,
    }),
    entries: Object.entries(actions).map(([name, action]) => approvalEntry(launcher, name, action)),
  };
}

function rootsOfAction(
  action: Action,
  roots: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(roots).filter(([name]) => Object.hasOwn(action.roots, name)),
  );
}

async function write(
  folder: string,
  files: Readonly<Record<string, { readonly text: string; readonly mode: number }>>,
): Promise<void> {
  for (const [file, { text, mode }] of Object.entries(files)) {
    mkdirSync(resolve(file, ".."), { recursive: true, mode: 0o755 });
    await replaceFile(file, Buffer.from(text), { mode });
  }
}

function asJson(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

function printText(
  folder: string,
  approved: readonly Approved[],
  options: OpenclawApprovalsOptions,
): void {
  for (const { launcher, entries } of approved) {
    printData(`${escapeForTerminal(launcher)}  ${count(entries.length, "action")}`);
  }
  if (options.dryRun === true) {
    printNote("nothing was written (--dry-run); --json shows all of it");
    return;
  }
  const at = escapeForTerminal(folder);
  printNote(`Next, as the user that OpenClaw runs as:
  openclaw approvals set --file ${at}/approvals.json
  openclaw config patch --file ${at}/configuration.json
approvals.json replaces all approvals that are there. The tool exec must not be denied in tools.deny.`);
}
