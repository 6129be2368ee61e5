import { spawnSync } from "node:child_process";
import { existsSync, globSync, readFileSync } from "node:fs";
import path from "node:path";

import { z } from "zod";

import { readPasses } from "../real/stages.ts";
import { tagged, tagsIn } from "./row-tags.ts";

/** Something that ran and says that it shows a row. */
export interface Evidence {
  readonly id: string;
  readonly how: "ran" | "judged";
  readonly passed: boolean;
  /** The folder of the tests, or the stage. */
  readonly where: string;
  readonly title: string;
}

const report: z.ZodType<{
  readonly testResults: readonly {
    readonly name: string;
    readonly assertionResults: readonly {
      readonly ancestorTitles: readonly string[];
      readonly title: string;
      readonly status: string;
    }[];
  }[];
}> = z.object({
  testResults: z.array(
    z.object({
      name: z.string(),
      assertionResults: z.array(
        z.object({ ancestorTitles: z.array(z.string()), title: z.string(), status: z.string() }),
      ),
    }),
  ),
});

/** Folders whose code renders and judges; a test of every other one runs what it is about. */
const renders: readonly string[] = [
  "packages/provision-plan/",
  "packages/provision-judges/",
  "packages/openclaw-contract/",
  "packages/container-supervisor/src/image/",
];

/** Where tests are, relative to the root. */
function testFolders(root: string): readonly string[] {
  return [
    ...globSync("{packages,apps}/*/vitest.config.ts", { cwd: root }).map((one) =>
      path.dirname(one),
    ),
    "scripts",
  ].toSorted();
}

/**
 * What reports say: `npm test` writes one of all `tests` for each folder, `runTagged` one of those that name `rows`.
 * @throws Error for a folder without a report, or with one of a part of the tests that name a row
 */
export function keptEvidence(root: string, name: "tests" | "rows"): readonly Evidence[] {
  return testFolders(root).flatMap((folder) => {
    const files = taggedFiles(root, folder);
    if (files.length === 0) return [];
    const file = reportOf(root, folder, name);
    if (!existsSync(file) && name === "rows") return [];
    if (!existsSync(file)) throw new Error(`no report of ${folder}: npm test, or --run ${folder}`);
    const { testResults } = report.parse(JSON.parse(readFileSync(file, "utf8")));
    const ran = new Set(testResults.map(({ name }) => path.basename(name)));
    const left = files.find((one) => !ran.has(path.basename(one)));
    // After a run of some folders a file that is new elsewhere has shown nothing yet, which can only lose a row.
    if (left !== undefined && name === "tests") {
      throw new Error(`${folder}/${left} is not in the report: npm test, or --run ${folder}`);
    }
    return evidenceOf(folder, testResults);
  });
}

/** Runs the tests of some folders, or of all, that name a row, and no others; their reports stay. */
export function runTagged(root: string, only: readonly string[]): void {
  for (const folder of only.length === 0 ? testFolders(root) : only) {
    const files = taggedFiles(root, folder);
    if (files.length === 0) continue;
    process.stderr.write(`${folder}\n`);
    const vitest = path.join(root, "node_modules", "vitest", "vitest.mjs");
    spawnSync(
      process.execPath,
      [vitest, "run", ...files, "-t", tagged, `--outputFile=${reportOf(root, folder, "rows")}`],
      {
        cwd: path.join(root, folder),
        stdio: ["ignore", "ignore", "inherit"],
      },
    );
  }
}

function reportOf(root: string, folder: string, name: "tests" | "rows"): string {
  return path.join(root, folder, ".results", `${name}.json`);
}

/** What stages observed when they passed last. */
export function stageEvidence(root: string): readonly Evidence[] {
  return Object.entries(readPasses(root)).flatMap(([stage, { rows = {}, date }]) =>
    Object.entries(rows).map(([id, how]) => ({
      id,
      how,
      passed: true,
      where: `stage ${stage}`,
      title: date,
    })),
  );
}

function taggedFiles(root: string, folder: string): readonly string[] {
  const inside = folder === "scripts" ? "**/*.test.ts" : "{src,test,scripts}/**/*.test.ts";
  return globSync(inside, {
    cwd: path.join(root, folder),
    exclude: (name) => name === "node_modules",
  })
    .filter((file) =>
      /["'`][CGLTS][0-9]{1,3}[ ,:]|\[(?:ran )?[CGLTS][0-9]/u.test(
        readFileSync(path.join(root, folder, file), "utf8"),
      ),
    )
    .toSorted();
}

type TestResults = z.output<typeof report>["testResults"];

function evidenceOf(folder: string, testResults: TestResults): readonly Evidence[] {
  return testResults.flatMap(({ name, assertionResults }) => {
    const isRendered = renders.some((one) => name.includes(`/${one}`));
    return assertionResults.flatMap(({ ancestorTitles, title, status }) => {
      if (status !== "passed" && status !== "failed") return [];
      return [...ancestorTitles, title].flatMap(tagsIn).map(({ id, ran }) => ({
        id,
        how: ran || !isRendered ? ("ran" as const) : ("judged" as const),
        passed: status === "passed",
        where: folder,
        title: [...ancestorTitles, title].join(" "),
      }));
    });
  });
}
