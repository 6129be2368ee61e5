import type { Execution, Refusal } from "../execution.ts";

/** What one request adds to the metrics. Names and numbers: no argument, no path, no output. */
export interface RunSample {
  /** Of a locked skill, else {@link unknownName}. */
  readonly skill: string;
  /** Of its contract, else {@link unknownName}. */
  readonly action: string;
  readonly kind: "run" | "refusal" | "error";
  /** The run was not `ok`. */
  readonly hasFailed: boolean;
  readonly hasTimedOut: boolean;
  readonly durationSeconds: number;
  readonly queueSeconds: number;
  /** Bytes of output that the caller got. */
  readonly outputBytes: number;
}

/** Stands for a name that only the request said: it could be any text. */
export const unknownName: string = "unknown";

/** What a label may be; the names of skills and actions are never anything else. */
export const labelPattern: RegExp = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/u;

const nothing = {
  hasFailed: false,
  hasTimedOut: false,
  durationSeconds: 0,
  queueSeconds: 0,
  outputBytes: 0,
} as const;

/** The sample of a result; of nothing, when the machinery failed. */
export function runSample(result: Execution | Refusal | undefined): RunSample {
  const skill = label(result?.skill);
  const action = label(result?.action);
  if (result === undefined) return { ...nothing, skill, action, kind: "error" };
  if (result.kind === "refusal") return { ...nothing, skill, action, kind: "refusal" };
  return {
    skill,
    action,
    kind: "run",
    hasFailed: !result.ok,
    hasTimedOut: result.terminatedBy === "timeout",
    durationSeconds: result.durationMs / 1000,
    queueSeconds: (result.queueMs ?? 0) / 1000,
    outputBytes: result.stdout.length,
  };
}

function label(name: string | undefined): string {
  return name !== undefined && labelPattern.test(name) ? name : unknownName;
}
