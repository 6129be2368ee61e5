import type { ExecutionEndRecord, ExecutionStartRecord, KeyedDigest } from "@clawkeep/audit-log";
import { openAuditLog } from "@clawkeep/audit-log";
import { hasErrors } from "@clawkeep/diagnostics";
import type { Finding } from "@clawkeep/diagnostics";
import type { JsonValue } from "@clawkeep/integrity";
import type { Action } from "@clawkeep/skill-format";

import { bindArguments } from "../binding/bind-arguments.ts";
import { readArguments } from "../binding/read-arguments.ts";
import { resolveRoots } from "../binding/resolve-roots.ts";
import type { ResolvedRoot } from "../binding/resolve-roots.ts";
import { checkLock } from "../lock/check-lock.ts";
import { compareDigests } from "../lock/expected-digests.ts";
import { auditFolder } from "../open-runtime.ts";
import type { ReplayOptions, ReplayRefusal } from "./replay.ts";
import { recordedArguments } from "./recorded-arguments.ts";
import type { RecoveredArguments } from "./recorded-arguments.ts";
import { sideEffects } from "./side-effects.ts";

/** The two records of a run that has ended. */
export interface RecordedRun {
  readonly id: string;
  readonly start: ExecutionStartRecord;
  readonly end: ExecutionEndRecord;
}

/** A recorded run after every check: what of it will be done again. */
export interface PlannedReplay {
  readonly action: Action;
  readonly values: Readonly<Record<string, JsonValue>>;
  readonly roots: readonly ResolvedRoot[];
  readonly notes: readonly string[];
}

/**
 * Takes of a record what may be taken: names and argument values, which go through the locked
 * contract again. Everything that decides what is run and where comes from this machine as it is now.
 */
export async function planReplay(
  run: RecordedRun,
  options: ReplayOptions,
): Promise<PlannedReplay | ReplayRefusal> {
  const { start } = run;
  const refuse = (stage: ReplayRefusal["stage"], findings: readonly Finding[]): ReplayRefusal => ({
    kind: "refusal",
    execution: run.id,
    stage,
    findings,
  });
  const locked = await checkLock(start.skill.name, options);
  if (locked.skill === undefined) return refuse("lock", locked.findings);
  const changed = compareDigests(start.skill, locked.skill, locked.closure);
  if (changed.length > 0) return refuse("lock", changed);
  const { actions } = locked.skill.contract;
  const action = Object.hasOwn(actions, start.action) ? actions[start.action] : undefined;
  if (action === undefined) {
    const message = `the contract has no action ${JSON.stringify(start.action.slice(0, 64))}`;
    return refuse("contract", [finding("REPLAY_ACTION_UNKNOWN", message)]);
  }
  const effects = sideEffects(action);
  if (effects.length > 0 && options.allowEffects !== true) {
    return refuse("effects", [
      finding(
        "REPLAY_EFFECTS",
        `the action ${start.action} does more than give an output: ${effects.join("; ")}`,
        "if it may happen once more, say so: --allow-effects",
      ),
    ]);
  }
  const given =
    options.args === undefined
      ? { values: new Map(), findings: [] }
      : readArguments(action, options.args);
  if (given.findings.length > 0) return refuse("arguments", given.findings);
  const recovered = await recoverArguments(start, action, given.values, options.home);
  if (recovered.findings.length > 0) return refuse("arguments", recovered.findings);
  const { roots, findings } = await resolveRoots(action, options, options.roots);
  if (findings.length > 0) return refuse("roots", findings);
  const places = compareRoots(start, roots, options.roots ?? {});
  if (hasErrors(places)) return refuse("roots", places);
  const sources = Object.fromEntries(roots.map(({ name, source }) => [name, source]));
  const bound = bindArguments(action, { kind: "json", value: recovered.values }, sources);
  if (bound.refusal !== undefined) return refuse("arguments", bound.refusal);
  return {
    action,
    values: recovered.values,
    roots,
    notes: places.map(({ message }) => message),
  };
}

/** The key is read only when there is a digest under it. */
async function recoverArguments(
  start: ExecutionStartRecord,
  action: Action,
  given: ReadonlyMap<string, unknown>,
  home: string,
): Promise<RecoveredArguments> {
  const recover = (keyedDigest: (text: string) => KeyedDigest): RecoveredArguments =>
    recordedArguments(start.arguments, action.arguments, given, keyedDigest);
  if (!Object.values(start.arguments).some((value) => "keyed" in value)) {
    return recover(() => "hmac-sha256:");
  }
  const log = await openAuditLog({ folder: auditFolder(home), create: false });
  try {
    const { key } = log.identity;
    if (start.key === key) return recover((text) => log.keyedDigest(text));
    const message = `arguments were recorded by digests under the key ${start.key} of the log, which was replaced by ${key}`;
    return { values: {}, findings: [finding("REPLAY_KEY_REPLACED", message)] };
  } finally {
    await log.close();
  }
}

/** A record never chooses a folder: it is the one by default, or the caller names it again. */
function compareRoots(
  start: ExecutionStartRecord,
  roots: readonly ResolvedRoot[],
  named: Readonly<Record<string, string>>,
): readonly Finding[] {
  return roots.flatMap(({ name, source }) => {
    const recorded = Object.hasOwn(start.roots, name) ? start.roots[name]?.path : undefined;
    if (recorded !== undefined && "stored" in recorded && recorded.stored === source) return [];
    const isText = recorded !== undefined && "stored" in recorded;
    const then = isText ? JSON.stringify(recorded.stored) : "elsewhere";
    const message = `the root ${name} was ${then} and is ${JSON.stringify(source)}`;
    return Object.hasOwn(named, name)
      ? [{ code: "REPLAY_ROOT_OTHER", severity: "note" as const, message }]
      : [
          finding(
            "REPLAY_ROOT_OTHER",
            message,
            `name the folder that is meant: --root ${name}=PATH`,
          ),
        ];
  });
}

function finding(code: string, message: string, hint?: string): Finding {
  return { code, severity: "error", message, ...(hint === undefined ? {} : { hint }) };
}
