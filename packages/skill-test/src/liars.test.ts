import { existsSync } from "node:fs";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { fixtures, skillRunner } from "../test/skill-runner.ts";
import type { SkillRunner } from "../test/skill-runner.ts";
import type { CaseProblem, SkillReport } from "./report.ts";
import { availableShakes } from "./shaken/available-shakes.ts";
import { testSkills } from "./test-skills.ts";
import type { TestOptions } from "./test-skills.ts";

let runner: SkillRunner;

beforeAll(() => {
  runner = skillRunner();
});

afterAll(() => runner.remove());

async function report(skill: string, options: Partial<TestOptions>): Promise<SkillReport> {
  const { skills } = await testSkills([join(fixtures, skill)], { ...runner, ...options });
  const [only] = skills;
  if (only === undefined) throw new Error("no report");
  expect(only.findings).toEqual([]);
  return only;
}

const problemsOf = ({ cases }: SkillReport): readonly CaseProblem[] =>
  cases.flatMap(({ problems }) => problems);

describe("a liar is caught, and what it depends on is named", () => {
  test.each([
    ["liars/prints-local-date", "time zone"],
    ["liars/iterates-hash-set", "hash seeds"],
    ["liars/prints-own-path", "path"],
  ])("%s: %s", async (skill, shake) => {
    const shaken = await availableShakes();
    const seen = await report(skill, { shaken });
    expect(problemsOf(seen).map((one) => [one.code, one.shake])).toContainEqual([
      "CASE_SHAKEN",
      shake,
    ]);
    expect(problemsOf(seen).length).toBe(1);
  });

  test("and whoever keeps the promise is not", async () => {
    const { shakes, notShaken } = await availableShakes();
    const seen = await report("valid/say-sh", { shaken: { shakes, notShaken } });
    expect(problemsOf(seen)).toEqual([]);
    expect(
      seen.cases.flatMap(({ runs }) => runs).filter((run) => run.mode === "shaken"),
    ).not.toEqual([]);
  });
});

describe("an attempt is reported although the skill swallows the error", () => {
  test.each([
    ["snoops/writes-outside", "CASE_WRITES_OUTSIDE", "/usr/clawkeep-canary"],
    ["snoops/uses-network", "CASE_NETWORK", "AF_INET"],
    ["snoops/leaves-process", "CASE_LEFT_BEHIND", "left a process behind"],
  ])("%s", async (skill, code, text) => {
    const seen = await report(skill, { observe: true });
    if (seen.observation?.startsWith("not observed") === true) {
      if ((process.env["CLAWKEEP_REQUIRE"] ?? "").split(",").includes("observer")) {
        throw new Error(seen.observation);
      }
      process.stderr.write(`skipped: ${seen.observation}\n`);
      return;
    }
    expect(problemsOf(seen).map((one) => one.code)).toEqual([code]);
    expect(problemsOf(seen)[0]?.message).toContain(text);
    expect(existsSync("/usr/clawkeep-canary")).toBe(false);
  });
});

describe("hostile arguments", () => {
  test("are refused with a reason or arrive, one-shot", async () => {
    const seen = await report("valid/say-sh", { attackArguments: () => true, parallel: 2 });
    expect(seen.arguments).toMatchObject([
      { action: "say", argument: "words", ok: true, tried: 77, problems: [] },
    ]);
    const [words] = seen.arguments;
    expect((words?.refused ?? 0) + (words?.arrived ?? 0)).toBe(77);
    expect(words?.refused).toBeGreaterThan(5);
  });

  test("and by the resident form, each alone", async () => {
    const seen = await report("valid/word-count", { attackArguments: () => true, parallel: 2 });
    expect(seen.arguments).toMatchObject([{ argument: "text", ok: true, problems: [] }]);
  });
});
