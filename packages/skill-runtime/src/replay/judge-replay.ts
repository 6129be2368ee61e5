import type { ExecutionEndRecord, ExecutionStartRecord } from "@clawkeep/audit-log";
import { canonicalJson } from "@clawkeep/integrity";
import type { JsonValue } from "@clawkeep/integrity";
import { withoutPointers } from "@clawkeep/skill-format";
import type { Action } from "@clawkeep/skill-format";

import type { ReplayedEnd, ReplayVerdict } from "./replay.ts";

/** What counts of an end record. */
export function replayedEnd(end: ExecutionEndRecord): ReplayedEnd {
  const { ended, exitCode, signal, level, stdout, stderr, provenance } = end;
  return { ended, exitCode, signal, level, stdout, stderr, provenance };
}

/** Whether a run that was done again came to the same. */
export function judgeReplay(
  action: Action,
  recorded: ReplayedEnd,
  replayed: ReplayedEnd,
  bytes: { readonly recorded?: Uint8Array | undefined; readonly replayed?: Uint8Array | undefined },
): ReplayVerdict {
  const sameEnd =
    recorded.ended === replayed.ended &&
    recorded.exitCode === replayed.exitCode &&
    recorded.signal === replayed.signal;
  if (!sameEnd) return "different";
  const sameOutput =
    recorded.stdout.digest === replayed.stdout.digest &&
    recorded.stdout.bytes === replayed.stdout.bytes &&
    recorded.stdout.truncated === replayed.stdout.truncated;
  if (sameOutput) return "equal";
  const { promise, volatile } = action.determinism;
  if (promise !== "json" || bytes.recorded === undefined || bytes.replayed === undefined) {
    return "different";
  }
  const before = rest(bytes.recorded, volatile);
  return before !== undefined && before === rest(bytes.replayed, volatile)
    ? "equal-as-promised"
    : "different";
}

/** What must be equal of an output by the contract's promise. */
function rest(bytes: Uint8Array, volatile: readonly string[]): string | undefined {
  try {
    const value: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    return canonicalJson(withoutPointers(value, volatile) as JsonValue);
  } catch {
    return undefined;
  }
}

/** What was not the same around the two runs, and could be why they differ. */
export function replayNotes(
  then: { readonly start: ExecutionStartRecord; readonly end: ExecutionEndRecord },
  now: { readonly start: ExecutionStartRecord; readonly end: ExecutionEndRecord },
): readonly string[] {
  const notes: string[] = [];
  const compare = (what: string, before: string, after: string): void => {
    if (before !== after) notes.push(`${what}: ${before} then, ${after} now`);
  };
  compare("sandbox", then.end.level, now.end.level);
  compare("variables passed", listed(then.start.environment), listed(now.start.environment));
  const names = new Set([...Object.keys(then.end.provenance), ...Object.keys(now.end.provenance)]);
  for (const name of names) {
    compare(name, shown(then.end.provenance[name]), shown(now.end.provenance[name]));
  }
  compare("standard error", then.end.stderr.digest, now.end.stderr.digest);
  for (const [when, { stdout }] of [
    ["the recorded", then.end],
    ["the new", now.end],
  ] as const) {
    if (stdout.truncated) notes.push(`${when} output was cut after ${stdout.bytes} bytes`);
  }
  return notes;
}

function listed(names: readonly string[]): string {
  return names.join(" ") || "none";
}

function shown(value: JsonValue | undefined): string {
  return value === undefined ? "none" : canonicalJson(value).slice(0, 200).toWellFormed();
}
