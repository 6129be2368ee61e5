import { CodedError, escapeForTerminal, printableJson } from "@clawkeep/diagnostics";
import { readAuditLog } from "@clawkeep/audit-log";
import type { AuditedExecution } from "@clawkeep/audit-log";
import { stateHome } from "@clawkeep/durable-files";
import { auditFolder } from "@clawkeep/skill-runtime";

import { findingsText, printData, printJson } from "../output/print.ts";

/** Options of `audit show` as they were written. */
export interface AuditShowOptions {
  readonly limit?: string;
  readonly json?: boolean;
}

/** Prints executions from the log, which is verified on the way: what cannot be believed says so. */
export async function showAudit(
  id: string | undefined,
  options: AuditShowOptions,
): Promise<number> {
  const limit = readLimit(options.limit);
  const { ok, findings, executions } = await readAuditLog(auditFolder(stateHome(process.env)));
  const found =
    id === undefined ? executions.slice(-limit) : executions.filter((one) => one.id === id);
  if (id !== undefined && found.length === 0) {
    throw new CodedError({
      code: "AUDIT_EXECUTION_UNKNOWN",
      message: `expected an execution ${JSON.stringify(id)} in the log, got none among ${executions.length}`,
      hint: "clawkeep-skill audit show lists them.",
    });
  }
  if (options.json === true) {
    printJson({ version: 1, ok, total: executions.length, executions: found, findings });
    return ok ? 0 : 1;
  }
  if (id === undefined) {
    for (const one of found) printData(line(one));
    if (found.length === 0) printData("no executions yet");
  } else {
    for (const one of found) printData(details(one));
  }
  // A note says what no log can show by itself; `audit verify` is the place for it.
  const worth = findings.filter(({ severity }) => severity !== "note");
  if (worth.length > 0) process.stderr.write(findingsText(worth));
  return ok ? 0 : 1;
}

function readLimit(text: string | undefined): number {
  if (text === undefined) return 20;
  if (/^[1-9][0-9]{0,8}$/u.test(text)) return Number(text);
  throw new CodedError({
    code: "USAGE",
    message: `expected --limit with a whole number from 1, got ${JSON.stringify(text)}`,
    hint: "--limit 20",
  });
}

function line({ id, status, start, end }: AuditedExecution): string {
  const how =
    end === undefined
      ? status
      : `${end.ended === "exited" ? `exit ${end.exitCode}` : end.ended}, ${end.durationMs} ms`;
  return escapeForTerminal(
    `${start.time}  ${id}  ${start.skill.name} ${start.action} (${start.form})  ${start.sandbox.level}  ${how}`,
  );
}

function details({ id, status, start, end }: AuditedExecution): string {
  const observed = start.caller.observed;
  const rows: readonly (readonly [string, string])[] = [
    ["execution", `${id} (${status})`],
    [
      "began",
      `${start.time}, by ${start.runtime.name} ${start.runtime.version}, pid ${start.runtime.pid}`,
    ],
    [
      "caller",
      `${observed.transport}, uid ${observed.uid ?? "?"}, parent ${observed.parent?.name ?? "?"} ${observed.parent?.digest ?? ""}`,
    ],
    ["skill", `${start.skill.name} ${start.skill.folderDigest}`],
    ["contract", start.skill.contractDigest],
    ["program", `${start.skill.closureDigest} (${start.skill.closure})`],
    ["action", `${start.action} (${start.form})`],
    ...Object.entries(start.arguments).map(
      ([name, value]) =>
        [
          `  ${name}`,
          printableJson("stored" in value ? value.stored : `${value.keyed} (${value.bytes} bytes)`),
        ] as const,
    ),
    ...Object.entries(start.roots).map(
      ([name, root]) =>
        [
          `root ${name}`,
          `${root.access} ${printableJson("stored" in root.path ? root.path.stored : root.path.keyed)}`,
        ] as const,
    ),
    ["environment", start.environment.join(" ") || "none passed"],
    [
      "sandbox",
      `${start.sandbox.level}${start.sandbox.version === undefined ? "" : ` ${start.sandbox.version}`}, network ${start.network}`,
    ],
    ...(end === undefined
      ? []
      : [
          [
            "ended",
            `${end.time}, ${end.ended}, exit code ${end.exitCode ?? "none"}${end.meaning === undefined ? "" : ` (${end.meaning})`}, ${end.durationMs} ms`,
          ] as const,
          [
            "output",
            `${end.stdout.digest} (${end.stdout.bytes} bytes${end.stdout.truncated ? ", cut" : ""})`,
          ] as const,
          ...Object.entries(end.provenance).map(
            ([name, value]) => [name, printableJson(value)] as const,
          ),
          ...(end.error === undefined
            ? []
            : [["error", `${end.error.code}: ${end.error.message}`] as const]),
          ...end.notes.map((note) => ["note", note] as const),
        ]),
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows
    .map(([name, value]) => `${escapeForTerminal(name.padEnd(width))}  ${escapeForTerminal(value)}`)
    .join("\n");
}
