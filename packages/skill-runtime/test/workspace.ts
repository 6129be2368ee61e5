import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { detectLevels, sandboxLevels } from "@clawkeep/sandbox";
import type { SandboxLevel } from "@clawkeep/sandbox";

import { lockSkills } from "../src/index.ts";
import type { Execution, InvocationRequest, Refusal, SkillSurroundings } from "../src/index.ts";

/** A workspace of its own with one of the skills of `fixtures/skills`, and a state folder. */
export interface TestWorkspace extends SkillSurroundings {
  /** Holds both. */
  readonly base: string;
  readonly skillFolder: string;
  remove(): void;
}

/** Makes a workspace and locks its skill. */
export async function makeWorkspace(
  skill: "probe" | "plain" | "replayed" = "probe",
): Promise<TestWorkspace> {
  const base = realpathSync(mkdtempSync(path.join(tmpdir(), "clawkeep-runtime-")));
  const workspace = path.join(base, "workspace");
  const skillFolder = path.join(workspace, "skills", skill);
  cpSync(path.join(import.meta.dirname, "..", "fixtures", "skills", skill), skillFolder, {
    recursive: true,
  });
  mkdirSync(path.join(workspace, "data", "inner"), { recursive: true });
  const surroundings = { home: path.join(base, "home"), workspace, programFolders: [] };
  const { findings } = await lockSkills([`skills/${skill}`], surroundings);
  const errors = findings.filter(({ severity }) => severity === "error");
  if (errors.length > 0) {
    throw new Error(JSON.stringify(errors));
  }
  return {
    ...surroundings,
    base,
    skillFolder,
    remove: () => {
      openFolders(base);
      rmSync(base, { recursive: true, force: true });
    },
  };
}

/** Who is not root cannot empty a folder that is closed for writing. */
function openFolders(folder: string): void {
  chmodSync(folder, 0o700);
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) {
      openFolders(path.join(folder, entry.name));
    }
  }
}

/** The levels that can be tested here. Says aloud what is missing; fails when it was required. */
export async function testableLevels(): Promise<readonly SandboxLevel[]> {
  const reports = await detectLevels();
  const required = (process.env["CLAWKEEP_REQUIRE"] ?? "").split(",");
  return sandboxLevels.filter((level) => {
    const { available, why = "unknown" } = reports[level];
    if (!available && required.includes(level)) {
      throw new Error(`CLAWKEEP_REQUIRE asks for ${level}; ${level} absent: ${why}`);
    }
    if (!available) {
      process.stderr.write(`skipped: ${level} absent: ${why}\n`);
    }
    return available;
  });
}

/** A request to the skill `probe`. */
export function request(
  action: string,
  value: Readonly<Record<string, unknown>> = {},
  more: Partial<InvocationRequest> = {},
): InvocationRequest {
  return {
    skill: "probe",
    action,
    args: { kind: "json", value },
    caller: { transport: "test" },
    ...more,
  };
}

/** The execution, or an error that shows the refusal. */
export function executed(result: Execution | Refusal): Execution {
  if (result.kind === "refusal") {
    throw new Error(JSON.stringify(result.findings));
  }
  return result;
}

/** The codes of a refusal, or an error that shows the execution. */
export function refusedWith(result: Execution | Refusal): readonly string[] {
  if (result.kind === "execution") {
    throw new Error(`not refused: ${Buffer.from(result.stdout).toString()}`);
  }
  return [result.stage, ...result.findings.map(({ code }) => code)];
}
