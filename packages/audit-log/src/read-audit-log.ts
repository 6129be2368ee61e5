import { hasErrors } from "@clawkeep/diagnostics";

import { logPaths } from "./log-paths.ts";
import { FolderSource } from "./log-source.ts";
import { isAlive } from "./process-stamp.ts";
import type { AuditRecord, ExecutionEndRecord, ExecutionStartRecord } from "./records.ts";
import { verifySource } from "./verify-audit-log.ts";
import type { AuditVerification, VerifyOptions } from "./verify-audit-log.ts";

/** One execution, put together from its records. */
export interface AuditedExecution {
  readonly id: string;
  /**
   * `running` only when the very process that wrote the start is seen alive; else one without an
   * end is `interrupted`.
   */
  readonly status: "ended" | "running" | "interrupted";
  readonly start: ExecutionStartRecord;
  readonly end?: ExecutionEndRecord;
}

/** All that a log holds, and whether it can be believed. */
export interface AuditHistory extends AuditVerification {
  readonly records: readonly AuditRecord[];
  /** In the order of their starts. */
  readonly executions: readonly AuditedExecution[];
}

/** Reads a log whole and verifies it on the way: as `verifyAuditLog`, but for the private key. */
export async function readAuditLog(
  folder: string,
  options: VerifyOptions = {},
): Promise<AuditHistory> {
  const records: AuditRecord[] = [];
  const source = new FolderSource(logPaths(folder));
  try {
    const verification = await verifySource(source, options, {
      onRecord: (record) => void records.push(record),
    });
    const ok = !hasErrors(verification.findings);
    return { ...verification, ok, records, executions: executionsOf(records) };
  } finally {
    await source.close();
  }
}

/** Puts starts and ends together. */
function executionsOf(records: readonly AuditRecord[]): readonly AuditedExecution[] {
  const executions = new Map<string, AuditedExecution>();
  for (const record of records) {
    if (record.type === "execution-start") {
      const { execution: id } = record;
      executions.set(id, { id, status: "interrupted", start: record });
    } else if (record.type === "execution-end") {
      const begun = executions.get(record.execution);
      if (begun !== undefined && begun.end === undefined) {
        executions.set(record.execution, { ...begun, status: "ended", end: record });
      }
    }
  }
  return [...executions.values()].map((execution) =>
    execution.status === "interrupted" && isAlive(execution.start.runtime)
      ? { ...execution, status: "running" }
      : execution,
  );
}
