import type { AuditedExecution, AuditHistory } from "@clawkeep/audit-log";
import { expect, test } from "vitest";

import { summarizeAudit } from "./audit-summary.ts";
import { summaryMarkdown, summaryText } from "./summary-text.ts";

let made = 0;
const ran = (action: string, end?: Record<string, unknown>, status = "ended"): AuditedExecution =>
  ({
    id: `000000000000-${(made += 1)}`,
    status: end === undefined ? status : "ended",
    start: {
      time: `2026-01-01T00:00:0${made % 10}.000Z`,
      skill: { name: "notes" },
      action,
      arguments: { query: { stored: "private words" } },
      sandbox: { level: "bubblewrap" },
      roots: { home: { access: "read", path: { stored: "/home/ada" } } },
    },
    ...(end === undefined
      ? {}
      : { end: { ended: "exited", level: "bubblewrap", durationMs: made, ...end } }),
  }) as unknown as AuditedExecution;

const history = (executions: readonly AuditedExecution[], findings: unknown[] = []): AuditHistory =>
  ({
    executions,
    findings,
    size: 9,
    root: "sha256:00",
    checkpoint: "c",
  }) as unknown as AuditHistory;

const all = [
  ran("ask", { meaning: "done" }),
  ran("ask", { meaning: "no" }),
  ran("ask", { meaning: "failure" }),
  ran("ask", { meaning: "done", error: { code: "OUTPUT_INVALID", message: "private words" } }),
  ran("read", { ended: "timeout" }),
  ran("read", { ended: "memory-limit", level: "landlock" }),
  ran("read", { ended: "cancelled" }),
  ran("read", { ended: "failed" }),
  ran("read", undefined, "interrupted"),
  ran("read", undefined, "running"),
];

test("counts executions by action, outcome and level, and names the slowest", () => {
  const summary = summarizeAudit(history(all), { seesProcesses: true, slowest: 2 });
  expect(summary).toMatchObject({
    version: 1,
    executions: 10,
    outcomes: {
      ...{ cancelled: 1, done: 1, failed: 3, interrupted: 1, limited: 1, no: 1, running: 1 },
      "timed-out": 1,
    },
    sandbox: { bubblewrap: 9, landlock: 1 },
    actions: [
      { skill: "notes", action: "ask", executions: 4, outcomes: { done: 1, no: 1, failed: 2 } },
      { skill: "notes", action: "read", executions: 6 },
    ],
  });
  expect(summary.slowest.map(({ durationMs }) => durationMs)).toEqual([8, 7]);
});

test("does not say running or interrupted where processes cannot be seen", () => {
  const { outcomes } = summarizeAudit(history(all), { seesProcesses: false });
  expect([outcomes.unended, outcomes.running, outcomes.interrupted]).toEqual([
    2,
    undefined,
    undefined,
  ]);
});

test("holds no argument, no path and no message", () => {
  const summary = summarizeAudit(history(all), { seesProcesses: true });
  for (const text of [JSON.stringify(summary), summaryText(summary), summaryMarkdown(summary)]) {
    expect(text).not.toMatch(/private|home/u);
  }
});

test("a log that does not verify is called so, and an empty one has no times", () => {
  const finding = { code: "AUDIT_ROOT_MISMATCH", severity: "error", message: "" };
  const changed = summarizeAudit(history([], [finding]), { seesProcesses: true });
  expect(changed).toMatchObject({
    verification: { state: "not-verified", findings: { AUDIT_ROOT_MISMATCH: 1 } },
    first: null,
    last: null,
  });
  expect(summaryText(changed)).toContain("NOT verified");
});

test("a name cannot break out of a table or a terminal", () => {
  const summary = summarizeAudit(history([ran("a|b\u001b[2J<x>", { meaning: "done" })]), {
    seesProcesses: true,
  });
  expect(summaryMarkdown(summary)).toContain("a\\|b");
  expect(summaryText(summary)).not.toContain("\u001b");
});
