import type { SandboxLevel } from "../level.ts";
import type { ExecutionPolicy } from "../policy.ts";
import type { Attempt, AttemptKind } from "./attempt.ts";
import { isAllowed } from "./is-allowed.ts";
import type { Journal } from "./journal.ts";

type Line = Partial<Omit<Attempt, "times">> & {
  readonly error?: string;
  readonly end?: boolean;
  readonly overflow?: boolean;
  readonly times?: readonly number[];
};

const kinds: readonly AttemptKind[] = ["write", "network", "process", "left-behind"];

/**
 * Reads the journal of `crates/observer`: one JSON object a line when something is tried for the first
 * time, and a last one with how often each was. A journal that was cut short tells of what it has.
 */
export function readJournal(
  text: string,
  policy: ExecutionPolicy,
  level: SandboxLevel,
  privateFolders: readonly string[],
): Journal {
  const attempts: Omit<Attempt, "times">[] = [];
  let end: Line | undefined;
  let fault: string | undefined;
  for (const line of text.split("\n")) {
    const entry = parse(line);
    if (entry?.error !== undefined) {
      fault = entry.error;
    } else if (entry?.end === true) {
      end = entry;
    } else if (entry?.call !== undefined && kinds.includes(entry.kind ?? "write")) {
      attempts.push({
        kind: entry.kind ?? "write",
        call: entry.call,
        ...(entry.path === undefined ? {} : { path: entry.path }),
        ...(entry.address === undefined ? {} : { address: entry.address }),
        allowed: isAllowed(entry, policy, level, privateFolders),
        ...(entry.program === undefined ? {} : { program: entry.program }),
      });
    }
  }
  const notes: string[] = [];
  if (end === undefined && fault === undefined) {
    notes.push(
      "the observation ended with the run: what was left behind, and how often things were tried, is not known",
    );
  }
  if (end?.overflow === true) {
    notes.push(`more than ${attempts.length} different things were tried; the rest is not told`);
  }
  return {
    observedBy: "seccomp",
    attempts: attempts.map((attempt, index) => ({ ...attempt, times: end?.times?.[index] ?? 1 })),
    notes,
    ...(fault === undefined ? {} : { fault }),
  };
}

/** `undefined` for the torn last line of an observer that was killed. */
function parse(line: string): Line | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
