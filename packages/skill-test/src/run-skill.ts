import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";

import type { Action, Skill } from "@clawkeep/skill-format";
import type { Execution, InvocationRequest, Refusal, Trial } from "@clawkeep/skill-runtime";

import type { SkillCase } from "./case.ts";
import type { CaseRunner } from "./case-runner.ts";
import { playServices } from "./cassettes/play-services.ts";
import type { RunServices } from "./cassettes/play-services.ts";
import type { CaseRun } from "./judge-case.ts";
import { makeRunWorkspace } from "./run-workspace.ts";
import type { RunWorkspace } from "./run-workspace.ts";
import { combine } from "./shaken/shake.ts";
import type { Shake } from "./shaken/shake.ts";

/** A copy of the skill at one path, and what runs it there. */
export interface SkillTree {
  readonly skill: Skill;
  readonly runner: CaseRunner;
}

/** Where and how the runs of one skill take place. */
export interface SkillRuns {
  /** At least one. One-shot runs take turns between them. */
  readonly trees: readonly [SkillTree, ...SkillTree[]];
  /** An existing private folder. */
  readonly scratch: string;
  readonly roots: Readonly<Record<string, string>>;
  readonly requireSandbox?: InvocationRequest["requireSandbox"];
  readonly signal?: AbortSignal;
  /** Workspaces that resident runs with the same read roots share, so that one process serves them. */
  readonly shared: Map<string, Promise<RunWorkspace>>;
}

/** Which run of a case. */
export interface RunChoice {
  readonly form: CaseRun["form"];
  /** Counts from 0 and chooses the tree. */
  readonly turn?: number;
  readonly shakes?: readonly Shake[];
  readonly trial?: Trial;
  /** What stands for services and secrets. Default: services that hang up. */
  readonly services?: Pick<RunServices, "trial">;
}

/** Runs a case once, in a workspace of its own. */
export async function runOnceMore(
  runs: SkillRuns,
  one: Pick<SkillCase, "action" | "arguments" | "roots" | "files">,
  action: Action,
  choice: RunChoice,
): Promise<Execution | Refusal> {
  const { form, turn = 0, shakes = [] } = choice;
  const tree = runs.trees[form === "resident" ? 0 : turn % runs.trees.length] ?? runs.trees[0];
  const shared = form === "resident" && action.effects === "read-only" && shakes.length === 0;
  const workspace = await (shared
    ? sharedWorkspace(runs, one, action)
    : makeRunWorkspace(runs.scratch, one, action, runs.roots));
  const private_ = shakes.length > 0 ? await mkdtemp(join(runs.scratch, "shaken-")) : undefined;
  try {
    const trial: Trial = {
      ...(choice.services ?? playServices(action, [])).trial,
      ...choice.trial,
      ...(private_ === undefined ? {} : { shakes: await combine(shakes, private_) }),
    };
    return await tree.runner.invoke({
      skill: tree.skill.name,
      action: one.action,
      args: { kind: "json", value: one.arguments },
      caller: { transport: "test" },
      form,
      roots: workspace.roots,
      ...(Object.keys(trial).length === 0 ? {} : { trial }),
      ...(runs.requireSandbox === undefined ? {} : { requireSandbox: runs.requireSandbox }),
      ...(runs.signal === undefined ? {} : { signal: runs.signal }),
    });
  } finally {
    if (!shared) await workspace.remove();
    if (private_ !== undefined) await rm(private_, { recursive: true, force: true });
  }
}

async function sharedWorkspace(
  runs: SkillRuns,
  one: Pick<SkillCase, "action" | "roots" | "files">,
  action: Action,
): Promise<RunWorkspace> {
  const key = JSON.stringify([one.action, one.roots, one.files]);
  const known = runs.shared.get(key) ?? makeRunWorkspace(runs.scratch, one, action, runs.roots);
  runs.shared.set(key, known);
  return known;
}
