import { describe, expect, test } from "vitest";

import { plainSpecs, richSpecs } from "../../../provision-plan/src/spec/specs.cases.ts";
import { judgeConsistency } from "../artifacts/judge-consistency.ts";
import { judgeContainers } from "../artifacts/judge-containers.ts";
import type { JudgedFile } from "../artifacts/judged-file.ts";
import { renderedFiles } from "../artifacts/rendered-files.cases.ts";
import { judgeHardening } from "../hardening/judge-hardening.ts";
import { equivalence, equivalentMutants } from "./equivalent-mutants.cases.ts";
import { mutantsOf } from "./mutants.cases.ts";

/** A file that cannot be read any more is a no as well. */
function isKilled(files: readonly JudgedFile[]): boolean {
  try {
    return [judgeHardening, judgeContainers, judgeConsistency].some(
      (judge) => judge(files).status === "failed",
    );
  } catch {
    return true;
  }
}

test.each([...plainSpecs, ...richSpecs])(
  "$name has every line that keeps it closed",
  ({ text }) => {
    expect(judgeHardening(renderedFiles(text)).findings).toEqual([]);
  },
);

describe("each line of each file, removed or weakened, is seen by who reads the files alone", () => {
  const used = new Set<RegExp>();

  test.each([...plainSpecs, ...richSpecs])(
    "$name",
    ({ text }) => {
      const files = renderedFiles(text);
      const mutants = files.flatMap(mutantsOf);
      // Where a file has nothing against it alone, what is seen of its mutant alone needs no other file.
      const alone = new Set(files.filter((one) => !isKilled([one])).map(({ path }) => path));
      const alive = mutants.filter(
        ({ file }) =>
          !(alone.has(file.path) && isKilled([file])) &&
          !isKilled(files.map((one) => (one.path === file.path ? file : one))),
      );
      for (const { id } of alive) {
        for (const { ids } of equivalentMutants) if (ids.test(id)) used.add(ids);
      }
      expect(alive.map(({ id }) => id).filter((id) => equivalence(id) === undefined)).toEqual([]);
      expect(new Set(mutants.map(({ id }) => id)).size).toBe(mutants.length);
      expect(mutants.length).toBeGreaterThan(50);
    },
    240_000,
  );

  test("no reason is kept for mutants that there are not", () => {
    expect(equivalentMutants.filter(({ ids }) => !used.has(ids))).toEqual([]);
  });
});
