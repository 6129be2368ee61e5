import { hasErrors } from "@clawkeep/diagnostics";
import type { AuditedExecution, AuditHistory } from "@clawkeep/audit-log";

/**
 * How an execution came out. `unended` stands for `running` and `interrupted` where the processes of
 * the machine cannot be seen.
 */
export type AuditOutcome =
  | "done"
  | "no"
  | "failed"
  | "timed-out"
  | "limited"
  | "cancelled"
  | "running"
  | "interrupted"
  | "unended";

/** Executions by how they came out; an outcome without any is absent. */
export type OutcomeCounts = Readonly<Partial<Record<AuditOutcome, number>>>;

/** One action of one skill. */
export interface ActionSummary {
  readonly skill: string;
  readonly action: string;
  readonly executions: number;
  readonly outcomes: OutcomeCounts;
}

/** One execution that took long. */
export interface SlowExecution {
  readonly id: string;
  readonly skill: string;
  readonly action: string;
  readonly outcome: AuditOutcome;
  readonly durationMs: number;
}

/** A report over a log: counts and names, nothing that was asked or answered. docs/skills.md. */
export interface AuditSummary {
  readonly version: 1;
  readonly verification: {
    /** Whether every record, the head and their signature agree. */
    readonly state: "verified" | "not-verified";
    readonly records: number;
    readonly root: string;
    /** The checkpoint that the head holds: keep it elsewhere. Null when there is no sound head. */
    readonly checkpoint: string | null;
    /** Errors and warnings, by code. */
    readonly findings: Readonly<Partial<Record<string, number>>>;
  };
  readonly executions: number;
  /** Times of the first and the last start; null in an empty log. */
  readonly first: string | null;
  readonly last: string | null;
  readonly outcomes: OutcomeCounts;
  /** Executions by the level that they ran at. */
  readonly sandbox: Readonly<Partial<Record<string, number>>>;
  /** By skill, then action. */
  readonly actions: readonly ActionSummary[];
  /** The longest ones, longest first. */
  readonly slowest: readonly SlowExecution[];
}

const defaultSlowest = 5;

/** What a summary is made with. */
export interface SummaryOptions {
  /** Whether it can be seen which processes live: else nobody can tell running from interrupted. */
  readonly seesProcesses: boolean;
  /** How many of the slowest executions. Default 5. */
  readonly slowest?: number;
}

/** Counts what a log holds. Arguments, paths, callers, outputs and messages are not looked at. */
export function summarizeAudit(history: AuditHistory, options: SummaryOptions): AuditSummary {
  const { executions, findings, size, root, checkpoint } = history;
  const outcomeOf = (one: AuditedExecution): AuditOutcome => outcome(one, options.seesProcesses);
  const byAction = Object.groupBy(executions, ({ start }) =>
    JSON.stringify([start.skill.name, start.action]),
  );
  const times = executions.map(({ start }) => start.time).toSorted();
  return {
    version: 1,
    verification: {
      state: hasErrors(findings) ? "not-verified" : "verified",
      records: size,
      root,
      checkpoint: checkpoint ?? null,
      findings: tally(
        findings.filter(({ severity }) => severity !== "note").map(({ code }) => code),
      ),
    },
    executions: executions.length,
    first: times[0] ?? null,
    last: times.at(-1) ?? null,
    outcomes: tally(executions.map(outcomeOf)),
    sandbox: tally(executions.map(({ start, end }) => end?.level ?? start.sandbox.level)),
    actions: Object.keys(byAction)
      .toSorted()
      .flatMap((key) => {
        const group = byAction[key] ?? [];
        const first = group[0]?.start;
        return first === undefined
          ? []
          : [
              {
                skill: first.skill.name,
                action: first.action,
                executions: group.length,
                outcomes: tally(group.map(outcomeOf)),
              },
            ];
      }),
    slowest: executions
      .flatMap((one) =>
        one.end === undefined
          ? []
          : [
              {
                id: one.id,
                skill: one.start.skill.name,
                action: one.start.action,
                outcome: outcomeOf(one),
                durationMs: one.end.durationMs,
              },
            ],
      )
      .toSorted((a, b) => b.durationMs - a.durationMs || (a.id < b.id ? -1 : 1))
      .slice(0, options.slowest ?? defaultSlowest),
  };
}

function outcome({ status, end }: AuditedExecution, seesProcesses: boolean): AuditOutcome {
  if (end === undefined) {
    if (!seesProcesses) return "unended";
    return status === "running" ? "running" : "interrupted";
  }
  switch (end.ended) {
    case "timeout":
      return "timed-out";
    case "cancelled":
      return "cancelled";
    case "exited":
      if (end.error !== undefined) return "failed";
      return end.meaning === "done" ? "done" : end.meaning === "no" ? "no" : "failed";
    case "signalled":
    case "failed":
      return "failed";
    default:
      return "limited";
  }
}

/** How often each word occurs, in the order of the words. */
function tally<Word extends string>(words: readonly Word[]): Partial<Record<Word, number>> {
  const counts = new Map<Word, number>();
  for (const word of words.toSorted()) counts.set(word, (counts.get(word) ?? 0) + 1);
  return Object.fromEntries(counts) as Partial<Record<Word, number>>;
}
