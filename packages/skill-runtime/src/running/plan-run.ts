import type { ObservedCaller } from "@clawkeep/audit-log";
import { isCodedError } from "@clawkeep/diagnostics";
import type { Finding } from "@clawkeep/diagnostics";
import { detectLevels, resolveLevel } from "@clawkeep/sandbox";
import type { LevelReports } from "@clawkeep/sandbox";
import type { Action, Skill } from "@clawkeep/skill-format";

import { bindArguments } from "../binding/bind-arguments.ts";
import { confinePaths } from "../binding/confine-paths.ts";
import { resolveRoots } from "../binding/resolve-roots.ts";
import type { Refusal } from "../execution.ts";
import type { InvocationRequest } from "../invocation-request.ts";
import { checkLock } from "../lock/check-lock.ts";
import type { SkillSurroundings } from "../lock/lock-skills.ts";
import type { PlannedRun } from "./planned-run.ts";
import { placedView } from "../trial/placed-view.ts";

/**
 * Puts a request through every check, in order: lock, contract, sandbox level, roots, arguments.
 * Nothing is recorded, written or run.
 */
export async function planRun(
  request: InvocationRequest,
  surroundings: SkillSurroundings,
  caller: ObservedCaller,
): Promise<PlannedRun | Refusal> {
  const [locked, reports] = await Promise.all([
    checkLock(request.skill, surroundings),
    detectLevels(),
  ]);
  if (locked.skill === undefined) {
    return refuse("lock", locked.findings);
  }
  const { skill, closure } = locked;
  const chosen = chooseAction(skill, request);
  if ("findings" in chosen) {
    return refuse("contract", chosen.findings);
  }
  const { actionName, action, form } = chosen;
  const level = chooseLevel(request, reports);
  if (typeof level !== "string") {
    return refuse("sandbox", level);
  }
  const { roots, findings } = await resolveRoots(action, surroundings, request.roots);
  if (findings.length > 0) {
    return refuse("roots", findings);
  }
  const view = await placedView(level, skill, closure, roots, request.trial?.shakes?.place);
  const bound = bindArguments(action, request.args, view.roots);
  if (bound.refusal !== undefined) {
    return refuse("arguments", bound.refusal);
  }
  const sources = Object.fromEntries(roots.map(({ name, source }) => [name, source]));
  const escapes = await confinePaths(action, bound.invocation.values, sources);
  if (escapes.length > 0) {
    return refuse("arguments", escapes);
  }
  return {
    request,
    caller,
    skill,
    closure,
    actionName,
    action,
    form,
    level,
    levelReport: reports[level],
    roots,
    view,
    invocation: bound.invocation,
  };
}

function chooseAction(
  skill: Skill,
  request: InvocationRequest,
):
  | { readonly actionName: string; readonly action: Action; readonly form: PlannedRun["form"] }
  | { readonly findings: readonly Finding[] } {
  const { actions, defaultAction } = skill.contract;
  const known = Object.keys(actions).join(", ");
  const name = request.action ?? defaultAction;
  if (name === undefined) {
    return one(
      "ACTION_MISSING",
      `the skill ${skill.name} has several actions: ${known}`,
      "name one",
    );
  }
  const action = Object.hasOwn(actions, name) ? actions[name] : undefined;
  if (action === undefined) {
    return one(
      "ACTION_UNKNOWN",
      `the skill ${skill.name} has no action ${JSON.stringify(name.slice(0, 64))}`,
      `it has ${known}`,
    );
  }
  const secrets = Object.keys(action.secrets);
  if (secrets.length > 0) {
    return one(
      "SECRETS_UNSUPPORTED",
      `the action ${name} needs the secrets ${secrets.join(", ")}, which this runtime cannot resolve`,
      "run an action without secrets",
    );
  }
  const form = request.form ?? action.execution;
  if (form === "resident" && action.resident === undefined) {
    return one("FORM_UNKNOWN", `the action ${name} has no resident form`, "run it once");
  }
  return { actionName: name, action, form };
}

function chooseLevel(
  request: InvocationRequest,
  reports: LevelReports,
): PlannedRun["level"] | readonly Finding[] {
  try {
    return resolveLevel(reports, {
      level: request.level ?? "best",
      ...(request.requireSandbox === undefined ? {} : { require: request.requireSandbox }),
    });
  } catch (error) {
    if (!isCodedError(error)) {
      throw error;
    }
    return one(error.code, error.message, error.hint ?? "").findings;
  }
}

function one(
  code: string,
  message: string,
  hint: string,
): { readonly findings: readonly Finding[] } {
  return { findings: [{ code, severity: "error", message, hint }] };
}

function refuse(stage: Refusal["stage"], findings: readonly Finding[]): Refusal {
  return { kind: "refusal", stage, findings };
}
