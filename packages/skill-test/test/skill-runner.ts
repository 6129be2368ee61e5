import { mkdirSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { lockSkills, openRuntime } from "@clawkeep/skill-runtime";

import type { TestOptions } from "../src/index.ts";

export const fixtures: string = fileURLToPath(
  new URL("../../../fixtures/skills/", import.meta.url),
);

/** A state folder for real runs, and what `testSkills` opens there. */
export interface SkillRunner {
  readonly scratch: string;
  readonly openRunner: TestOptions["openRunner"];
  remove(): void;
}

/** Runs skills for real, with what this machine has for a sandbox. */
export function skillRunner(): SkillRunner {
  const base = realpathSync(mkdtempSync(join(tmpdir(), "clawkeep-skill-test-")));
  const home = join(base, "home");
  const scratch = join(base, "scratch");
  mkdirSync(scratch, { mode: 0o700 });
  let count = 0;
  return {
    scratch,
    remove: () => rmSync(base, { recursive: true, force: true }),
    openRunner: async (skill) => {
      count += 1;
      const workspace = join(base, `workspace-${count}`);
      mkdirSync(workspace);
      const place = { home, workspace, programFolders: [] };
      const { findings } = await lockSkills([skill.folder], place);
      return findings.some(({ severity }) => severity === "error")
        ? { findings }
        : openRuntime({ ...place, environment: {} });
    },
  };
}
