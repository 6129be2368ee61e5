import { cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { afterAll, beforeAll, expect, test } from "vitest";

import { fixtures, skillRunner } from "../test/skill-runner.ts";
import type { SkillRunner } from "../test/skill-runner.ts";
import { testSkills } from "./test-skills.ts";

let runner: SkillRunner;

beforeAll(() => {
  runner = skillRunner();
});

afterAll(() => runner.remove());

test("a skill that nobody trusts is not run where there is no sandbox, and a trusted one is", async () => {
  const canary = join(runner.scratch, "canary");
  const folder = join(runner.scratch, "say-sh");
  cpSync(join(fixtures, "valid", "say-sh"), folder, { recursive: true });
  writeFileSync(join(folder, "scripts", "say.sh"), `#!/bin/sh\n: > '${canary}'\n`);
  rmSync(join(folder, "cases"), { recursive: true });
  mkdirSync(join(folder, "cases"));
  writeFileSync(
    join(folder, "cases", "x.yaml"),
    "- name: x\n  arguments: {words: x}\n  expect: {exitCode: 0}\n",
  );
  const run = async (trusted: boolean): Promise<readonly string[]> => {
    const { skills } = await testSkills([folder], {
      ...runner,
      attackArguments: () => !trusted,
      observe: !trusted,
      openRunner: async (skill, original) => {
        const opened = await runner.openRunner(skill, original);
        return "findings" in opened
          ? opened
          : {
              // As on a machine without any sandbox.
              invoke: async (request) =>
                opened.invoke({
                  ...request,
                  level: "none",
                  ...(trusted ? {} : { requireSandbox: "landlock" as const }),
                }),
              close: async () => opened.close(),
            };
      },
    });
    return skills
      .flatMap(({ cases }) => cases)
      .flatMap(({ problems }) => problems.map(({ message }) => message));
  };
  expect((await run(false)).join()).toContain("SANDBOX_LEVEL_UNAVAILABLE");
  expect(existsSync(canary)).toBe(false);
  await run(true);
  expect(existsSync(canary)).toBe(true);
});
