import type { ObservedCaller } from "@clawkeep/audit-log";
import { isCodedError } from "@clawkeep/diagnostics";
import type { Finding } from "@clawkeep/diagnostics";
import { detectLevels, resolveLevel } from "@clawkeep/sandbox";
import type { LevelReports } from "@clawkeep/sandbox";
import type { Action, Skill } from "@clawkeep/skill-format";

import { bindArguments } from "../binding/bind-arguments.ts";
import { confinePaths } from "../binding/confine-paths.ts";
import { namedView } from "../binding/named-view.ts";
import { resolveRoots } from "../binding/resolve-roots.ts";
import type { Refusal } from "../execution.ts";
import type { InvocationRequest } from "../invocation-request.ts";
import { checkLock } from "../lock/check-lock.ts";
import { compareDigests } from "../lock/expected-digests.ts";
import type { SkillSurroundings } from "../lock/lock-skills.ts";
import { resolveSecrets } from "../secrets/resolve-secrets.ts";
import type { SecretSources } from "../secrets/secret-sources.ts";
import type { PlannedRun } from "./planned-run.ts";
import { placedView } from "../trial/placed-view.ts";

/**
 * Puts a request through every check, in order: lock, contract, sandbox level, roots, arguments.
 * Nothing is recorded, written or run.
 */
export async function planRun(
  request: InvocationRequest,
  surroundings: SkillSurroundings & { readonly secretSources?: SecretSources },
  caller: ObservedCaller,
): Promise<PlannedRun | Refusal> {
  const [locked, reports] = await Promise.all([
    checkLock(request.skill, surroundings),
    detectLevels(request.level ?? "best"),
  ]);
  if (locked.skill === undefined) {
    return refuse("lock", locked.findings, {});
  }
  const { skill, closure } = locked;
  const others =
    request.expected === undefined ? [] : compareDigests(request.expected, skill, closure);
  if (others.length > 0) {
    return refuse("lock", others, { skill: skill.name });
  }
  const chosen = chooseAction(skill, request);
  if ("findings" in chosen) {
    return refuse("contract", chosen.findings, { skill: skill.name });
  }
  const { actionName, action, form } = chosen;
  const names = { skill: skill.name, action: actionName };
  const level = chooseLevel(request, action, reports);
  if (typeof level !== "string") {
    return refuse("sandbox", level, names);
  }
  const { roots, findings } = await resolveRoots(action, surroundings, request.roots);
  if (findings.length > 0) {
    return refuse("roots", findings, names);
  }
  const view = await placedView(level, skill, closure, roots, request.trial?.shakes?.place);
  const bound = bindArguments(action, request.args, view.roots);
  if (bound.refusal !== undefined) {
    return refuse("arguments", bound.refusal, names);
  }
  const sources = Object.fromEntries(roots.map(({ name, source }) => [name, source]));
  const { secrets, findings: withheld } = await resolveSecrets(
    action,
    surroundings.secretSources ?? surroundings.home,
    request.trial?.secrets,
  );
  if (withheld.length > 0) {
    return refuse("secrets", withheld, names);
  }
  const confined = confinePaths(action, bound.invocation.values, sources);
  if (confined.findings.length > 0) {
    return refuse("arguments", confined.findings, names);
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
    view: namedView(view, level, action, roots, confined.paths),
    paths: confined.paths,
    secrets,
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
  const isSecret = Object.keys(action.secrets).length > 0;
  const hasServices = action.services.length > 0;
  // Each run reads its secrets anew, and forgets them.
  const form = request.form ?? (isSecret || hasServices ? "oneshot" : action.execution);
  if (form === "resident" && isSecret) {
    return one(
      "SECRETS_UNSUPPORTED",
      `the action ${name} has secrets, and a resident process would keep them`,
      "run it once",
    );
  }
  if (form === "resident" && hasServices) {
    return one(
      "SERVICES_UNSUPPORTED",
      `the action ${name} has services, and each run gets connections of its own`,
      "run it once",
    );
  }
  if (form === "resident" && action.resident === undefined) {
    return one("FORM_UNKNOWN", `the action ${name} has no resident form`, "run it once");
  }
  return { actionName: name, action, form };
}

function chooseLevel(
  request: InvocationRequest,
  action: Action,
  reports: LevelReports,
): PlannedRun["level"] | readonly Finding[] {
  try {
    const level = resolveLevel(reports, {
      level: request.level ?? "best",
      ...(request.requireSandbox === undefined ? {} : { require: request.requireSandbox }),
    });
    const least = action.sandbox;
    if (least !== undefined && level !== "bubblewrap" && (level === "none" || level !== least)) {
      return one(
        "SANDBOX_LEVEL_REQUIRED",
        `the contract lets this action run at the level ${least} or a stronger one, and this run would be at ${level}${whyNot(reports)}`,
        "install bubblewrap (apt install bubblewrap) and allow unprivileged user namespaces",
      ).findings;
    }
    return level;
  } catch (error) {
    if (!isCodedError(error)) {
      throw error;
    }
    return one(error.code, error.message, error.hint ?? "").findings;
  }
}

function whyNot({ bubblewrap }: LevelReports): string {
  return bubblewrap.why === undefined ? "" : ` (bubblewrap: ${bubblewrap.why})`;
}

function one(
  code: string,
  message: string,
  hint: string,
): { readonly findings: readonly Finding[] } {
  return { findings: [{ code, severity: "error", message, hint }] };
}

function refuse(
  stage: Refusal["stage"],
  findings: readonly Finding[],
  names: Pick<Refusal, "skill" | "action">,
): Refusal {
  return { kind: "refusal", stage, findings, ...names };
}
