import { CodedError } from "@clawkeep/diagnostics";
import type { AuditHistory, AuditRecord } from "@clawkeep/audit-log";

/** Which executions are meant: all that fit everything that is said. */
export interface Selection {
  /** Ids of executions. None: any. */
  readonly ids: readonly string[];
  readonly skill?: string;
  /** Begun at this moment or later. */
  readonly since?: Date;
  /** Begun before this moment. */
  readonly until?: Date;
}

/**
 * The records of the executions that are meant, in the order of the log. When nothing is said that is
 * every record, of repairs too.
 *
 * @throws CodedError `AUDIT_EXECUTION_UNKNOWN` for an id that is not in the log
 */
export function selectRecords(
  { executions, records }: Pick<AuditHistory, "executions" | "records">,
  { ids, skill, since, until }: Selection,
): readonly AuditRecord[] {
  const known = new Set(executions.map(({ id }) => id));
  const unknown = ids.find((id) => !known.has(id));
  if (unknown !== undefined) {
    throw new CodedError({
      code: "AUDIT_EXECUTION_UNKNOWN",
      message: `expected an execution ${JSON.stringify(unknown)} in the log, got none among ${executions.length}`,
      hint: "clawkeep-skill audit show lists them.",
    });
  }
  if (ids.length === 0 && skill === undefined && since === undefined && until === undefined) {
    return records;
  }
  const meant = new Set(
    executions
      .filter(({ id, start }) => {
        const began = Date.parse(start.time);
        return (
          (ids.length === 0 || ids.includes(id)) &&
          (skill === undefined || start.skill.name === skill) &&
          (since === undefined || began >= since.getTime()) &&
          (until === undefined || began < until.getTime())
        );
      })
      .map(({ id }) => id),
  );
  return records.filter((record) => "execution" in record && meant.has(record.execution));
}

/**
 * Reads a moment: a day (its beginning, UTC) or a time of RFC 3339.
 *
 * @throws CodedError `USAGE`
 */
export function readMoment(option: string, text: string): Date {
  const form = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d))?$/u;
  const moment = new Date(form.test(text) ? text : Number.NaN);
  // A day that is not in the calendar is moved on by some parsers; it must come out as it went in.
  if (
    Number.isNaN(moment.getTime()) ||
    (text.length === 10 && moment.toISOString().slice(0, 10) !== text)
  ) {
    throw new CodedError({
      code: "USAGE",
      message: `expected ${option} with a day or a time, got ${JSON.stringify(text)}`,
      hint: `${option} 2026-01-31 or ${option} 2026-01-31T12:00:00Z`,
    });
  }
  return moment;
}
