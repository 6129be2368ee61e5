import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join, resolve } from "node:path";

import { CodedError, hasErrors, isCodedError } from "@clawkeep/diagnostics";
import { ensurePrivateFolder } from "@clawkeep/durable-files";
import type { Skill } from "@clawkeep/skill-format";
import {
  connectService,
  lockPath,
  lockSkills,
  openRuntime,
  readLock,
  resolveSecrets,
} from "@clawkeep/skill-runtime";
import type { SkillSurroundings } from "@clawkeep/skill-runtime";
import { availableShakes, testSkills } from "@clawkeep/skill-test";
import type { CaseRunner, TestOptions } from "@clawkeep/skill-test";

import { readPairs } from "../read-pairs.ts";
import { confirmBy } from "../output/confirm-update.ts";
import { printData, printJson, printNote } from "../output/print.ts";
import { annotations, junitText, printTestReport } from "../output/test-report.ts";
import { cancellable } from "../place/cancellation.ts";
import { surroundings } from "../place/surroundings.ts";
import { watchSkills } from "../place/watch-skills.ts";
import { skillFolders } from "../place/workspace.ts";
import type { PlaceOptions } from "../place/surroundings.ts";
import { namedOrAll } from "./check.ts";

/** Options of `test` as they were written. */
export interface TestCommandOptions extends PlaceOptions {
  readonly root: readonly string[];
  readonly requireSandbox?: boolean;
  readonly trust?: boolean;
  /** Runs of each case in each form. */
  readonly times?: string;
  /** False with `--no-shaken`. */
  readonly shaken?: boolean;
  /** False with `--no-observe`. */
  readonly observe?: boolean;
  /** Try hostile arguments: of every skill, of none, or by default of those that are locked. */
  readonly arguments?: boolean;
  readonly parallel?: string;
  /** What each action of a skill of this workspace must have at least. */
  readonly casesPerAction?: string;
  /** Record what services say. */
  readonly record?: boolean;
  readonly update?: boolean;
  /** Write what `--update` shows without asking. */
  readonly yes?: boolean;
  readonly junit?: string;
  readonly github?: boolean;
  /** Name the slowest however short it took. */
  readonly slowest?: boolean;
  readonly watch?: boolean;
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
  const times = wholeNumber("--times", options.times, 2);
  // A service may remember what it was asked.
  const processors = options.record === true ? 1 : availableParallelism();
  const parallel = wholeNumber("--parallel", options.parallel, processors);
  if (options.record === true && options.watch === true) {
    throw new CodedError({
      code: "OPTION_CONFLICT",
      message:
        "expected --record or --watch, got both: what is written would be tested again and again",
    });
  }
  const scratch = await scratchFolder(place);
  const locked = await lockedNames(place);
  // What lies in the workspace's own skills/, or was taken into its lock.
  const isOwn = (skill: Skill): boolean => folders.length === 0 || locked.has(skill.name);
  const casesAnAction = wholeNumber("--cases-per-action", options.casesPerAction, 3, 0);
  return cancellable(async (signal) => {
    const test: TestOptions = {
      openRunner: async (skill, original) => openRunner(skill, original, place, options),
      roots,
      signal,
      times,
      parallel,
      scratch,
      observe: options.observe !== false,
      ...(options.shaken === false ? {} : { shaken: await availableShakes() }),
      attackArguments: (skill) => options.arguments ?? isOwn(skill),
      minimumCases: (skill) => (isOwn(skill) ? casesAnAction : 0),
      ...(options.record === true
        ? { record: async (skill) => recordingSource(skill, place, options) }
        : {}),
      ...(options.update === true ? { confirmUpdate: confirmBy(options.yes === true) } : {}),
    };
    const once = async (some: readonly string[]): Promise<number> => {
      const report = await testSkills(some, test);
      if (options.junit !== undefined) await writeFile(options.junit, junitText(report));
      if (options.json === true) printJson(report);
      else printTestReport(report, { slowest: options.slowest });
      const lines = options.github === true ? annotations(report) : [];
      if (lines.length > 0) (options.json === true ? printNote : printData)(lines.join("\n"));
      return report.ok ? 0 : 1;
    };
    if (options.watch !== true) return once(named);
    const isNamed = folders.length > 0;
    const watching = {
      places: isNamed ? folders : [join(place.workspace, "skills")],
      folders: () => (isNamed ? folders : skillFolders(place.workspace)),
      once,
      onWait: () => printNote("waiting for a skill to change; Ctrl-C ends it"),
    };
    return watchSkills(watching, signal);
  });
}

function wholeNumber(
  option: string,
  text: string | undefined,
  otherwise: number,
  least = 1,
): number {
  if (text === undefined) return otherwise;
  const number = Number(text);
  if (/^\d{1,4}$/u.test(text) && number >= least) return number;
  throw new CodedError({
    code: "OPTION_VALUE",
    message: `expected a whole number from ${least} to 9999 for ${option}, got ${JSON.stringify(text)}`,
  });
}

async function scratchFolder(place: SkillSurroundings): Promise<string> {
  const folder = join(place.home, "test", "scratch");
  await ensurePrivateFolder(place.home);
  await ensurePrivateFolder(join(place.home, "test"));
  await ensurePrivateFolder(folder);
  return folder;
}

async function lockedNames(place: SkillSurroundings): Promise<ReadonlySet<string>> {
  return new Set(Object.keys((await readLock(lockPath(place.workspace))).skills));
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
  original: Skill,
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
      !(options.trust === true || (await isLocked(original, place)));
    const runtime = await openRuntime(apart);
    const runner: CaseRunner = {
      invoke: async (request) =>
        runtime.invoke(mustConfine ? { ...request, requireSandbox: weakestSandbox } : request),
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

/** Nobody but a reviewed skill meets real services and secrets. */
async function recordingSource(
  skill: Skill,
  place: SkillSurroundings,
  options: TestCommandOptions,
): ReturnType<NonNullable<TestOptions["record"]>> {
  if (options.trust !== true && !(await isLocked(skill, place))) {
    const message = `the skill ${skill.name} is not in skills.lock as it is, and recording lets it talk to real services with real secrets`;
    const hint = "clawkeep-skill lock, or --trust";
    return { findings: [{ code: "TEST_RECORD_UNTRUSTED", severity: "error", message, hint }] };
  }
  return {
    connect: async (service) => (await connectService(service, place.home)).remote,
    secrets: async (action) => resolveSecrets(action, place.home),
  };
}

/** What a skill that nobody has reviewed is run in at least. */
const weakestSandbox = "landlock";

/** True when the workspace's own lock already trusts exactly these bytes. */
async function isLocked(skill: Skill, place: SkillSurroundings): Promise<boolean> {
  const { skills } = await readLock(lockPath(place.workspace));
  const entry = Object.hasOwn(skills, skill.name) ? skills[skill.name] : undefined;
  return entry?.folderDigest === skill.folderDigest;
}
