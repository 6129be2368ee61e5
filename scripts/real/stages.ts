import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, lstatSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";

/** One heavy check, as `ci/stages.json` declares it. */
export interface Stage {
  readonly about: string;
  /** Run with the pinned Node; exit code 0 is a pass. */
  readonly script: string;
  /** Files and folders whose content decides whether a past result still counts. */
  readonly inputs: readonly string[];
  /** Longest time it may take; overrunning it is a failure. */
  readonly minutes: number;
  /** Runs only when it is named: it judges what is not ours to keep still, such as another's newest release. */
  readonly byNameOnly?: boolean;
}

/** What the last run that passed was made of. */
export interface Pass {
  readonly inputs: string;
  readonly date: string;
  /** Rows of docs/rows.md that it observed, and how. */
  readonly rows?: Readonly<Record<string, "ran" | "judged">>;
}

/** Exit code of a stage in which all is right except that a measured figure misses its bound. */
export const figureMissed = 3;

/** Exit code of a stage that did, and passed, only the part of it that was asked for: nothing is kept. */
export const passedInPart = 4;

export function readStages(root: string): Readonly<Record<string, Stage>> {
  return JSON.parse(readFileSync(path.join(root, "ci/stages.json"), "utf8")) as Record<
    string,
    Stage
  >;
}

export function readPasses(root: string): Readonly<Record<string, Pass>> {
  return JSON.parse(readFileSync(path.join(root, "ci/passed.json"), "utf8")) as Record<
    string,
    Pass
  >;
}

/** Keeps a pass for the next run to compare with; commit `ci/passed.json` with the change it judged. */
export function keepPass(root: string, name: string, pass: Pass): void {
  const passes = { ...readPasses(root), [name]: pass };
  const sorted = Object.fromEntries(Object.entries(passes).sort(([a], [b]) => (a < b ? -1 : 1)));
  writeFileSync(path.join(root, "ci/passed.json"), `${JSON.stringify(sorted, null, 2)}\n`);
}

/** SHA-256 over the names and bytes of every file that git knows or would add below the inputs. */
export function inputDigest(root: string, inputs: readonly string[]): string {
  const listed = execFileSync(
    "git",
    ["ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", ...inputs],
    { cwd: root, encoding: "utf8", maxBuffer: 64 * 1024 * 1024 },
  );
  const hash = createHash("sha256");
  for (const file of [...new Set(listed.split("\0"))].filter((name) => name !== "").sort()) {
    const full = path.join(root, file);
    if (existsSync(full) && lstatSync(full).isFile() && !/\.test\.ts$|\.md$/u.test(file)) {
      hash.update(`${file}\0`).update(readFileSync(full)).update("\0");
    }
  }
  return hash.digest("hex");
}

/** Names of the stages whose inputs differ from those of their last pass. */
export function dueStages(root: string): readonly string[] {
  const passes = readPasses(root);
  return Object.entries(readStages(root))
    .filter(
      ([name, stage]) =>
        stage.byNameOnly !== true && passes[name]?.inputs !== inputDigest(root, stage.inputs),
    )
    .map(([name]) => name);
}

/** The stages whose limits together fit into so many minutes, the shortest first, and those that do not. */
export function withinBudget(
  names: readonly string[],
  stages: Readonly<Record<string, Pick<Stage, "minutes">>>,
  minutes: number,
): { readonly names: readonly string[]; readonly left: readonly string[] } {
  if (minutes === Number.POSITIVE_INFINITY) {
    return { names, left: [] };
  }
  const limit = (name: string): number => stages[name]?.minutes ?? 0;
  const fitting = new Set<string>();
  let spent = 0;
  for (const name of [...names].sort((a, b) => limit(a) - limit(b))) {
    if (spent + limit(name) <= minutes) {
      spent += limit(name);
      fitting.add(name);
    }
  }
  return {
    names: names.filter((name) => fitting.has(name)),
    left: names.filter((name) => !fitting.has(name)),
  };
}
