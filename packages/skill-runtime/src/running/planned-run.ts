import type { ObservedCaller } from "@clawkeep/audit-log";
import type { LevelReport, SandboxLevel } from "@clawkeep/sandbox";
import type { Action, Skill } from "@clawkeep/skill-format";

import type { Invocation } from "../binding/bind-arguments.ts";
import type { OpenArgument } from "../binding/confine-paths.ts";
import type { ResolvedRoot } from "../binding/resolve-roots.ts";
import type { InvocationRequest } from "../invocation-request.ts";
import type { StoredClosure } from "../program/open-closure.ts";
import type { ResolvedSecret } from "../secrets/scrub.ts";
import type { ProgramView } from "./program-view.ts";

/** A request after every check: nothing about it is open any more, and nothing has run. */
export interface PlannedRun {
  readonly request: InvocationRequest;
  readonly caller: ObservedCaller;
  readonly skill: Skill;
  readonly closure: StoredClosure;
  readonly actionName: string;
  readonly action: Action;
  readonly form: "oneshot" | "resident";
  readonly level: SandboxLevel;
  readonly levelReport: LevelReport;
  readonly roots: readonly ResolvedRoot[];
  readonly view: ProgramView;
  /** What path arguments name, held open until the run has ended. */
  readonly paths: readonly OpenArgument[];
  /** Only in memory, and only until the run has ended. */
  readonly secrets: readonly ResolvedSecret[];
  readonly invocation: Invocation;
}
