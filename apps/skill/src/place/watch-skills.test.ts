import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, expect, test } from "vitest";

import { watchSkills } from "./watch-skills.ts";
import type { SkillWatch } from "./watch-skills.ts";

let parent: string;

beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), "clawkeep-watch-"));
  for (const name of ["a", "ab"]) mkdirSync(join(parent, name, "cases"), { recursive: true });
});

afterEach(() => rmSync(parent, { recursive: true, force: true }));

const change = (name: string): void =>
  writeFileSync(join(parent, name), String(process.hrtime.bigint()));

/** Watches, doing the next of these things each time it waits, and cancels after the last. */
async function tested(
  things: readonly (() => void)[],
  more: Partial<SkillWatch> = {},
): Promise<readonly (readonly string[])[]> {
  const controller = new AbortController();
  const rounds: (readonly string[])[] = [];
  let step = 0;
  const watching: SkillWatch = {
    places: [parent],
    folders: () =>
      readdirSync(parent)
        .toSorted()
        .map((name) => join(parent, name)),
    once: async (folders) => {
      rounds.push(folders.map((folder) => folder.slice(parent.length + 1)));
      return 0;
    },
    onWait: () => {
      const thing = things[step];
      step += 1;
      if (thing === undefined) controller.abort();
      else thing();
    },
    quietMs: 20,
    ...more,
  };
  expect(await watchSkills(watching, controller.signal)).toBe(0);
  return rounds;
}

test("all skills are tested first, then those that changed, a burst once", async () => {
  const rounds = await tested([
    () => change("ab/cases/x.yaml"),
    () => {
      for (const name of ["a/SKILL.md", "a/exec.yaml", "ab/exec.yaml", "a/SKILL.md"]) change(name);
    },
  ]);
  expect(rounds).toEqual([["a", "ab"], ["ab"], ["a", "ab"]]);
});

test("a skill that comes is tested, and one that goes is not", async () => {
  const rounds = await tested([
    () => {
      mkdirSync(join(parent, "new"));
      change("new/SKILL.md");
    },
    () => {
      rmSync(join(parent, "a"), { recursive: true });
      change("ab/SKILL.md");
    },
  ]);
  expect(rounds).toEqual([["a", "ab"], ["new"], ["ab"]]);
});

test("what changes during a test is tested after it", async () => {
  const rounds: unknown[] = [];
  await tested([() => {}], {
    once: async (folders) => {
      rounds.push(folders.length);
      if (rounds.length === 1) change("a/SKILL.md");
      return 0;
    },
  });
  expect(rounds).toEqual([2, 1]);
});

test("a cancelled watch ends with the code of the last test", async () => {
  const controller = new AbortController();
  const once = async (): Promise<number> => {
    controller.abort();
    return 1;
  };
  const watching = { places: [parent], folders: () => [], once };
  expect(await watchSkills(watching, controller.signal)).toBe(1);
});
