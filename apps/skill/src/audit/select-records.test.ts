import type { AuditedExecution, AuditRecord } from "@clawkeep/audit-log";
import { expect, test } from "vitest";

import { readMoment, selectRecords } from "./select-records.ts";
import type { Selection } from "./select-records.ts";

/** As much of a history as a selection looks at. */
function historyOf(starts: readonly (readonly [skill: string, time: string])[]): {
  readonly executions: readonly AuditedExecution[];
  readonly records: readonly AuditRecord[];
} {
  const executions = starts.map(([name, time], index) => ({
    id: `run-${index}`,
    start: { type: "execution-start", execution: `run-${index}`, time, skill: { name } },
    end: { type: "execution-end", execution: `run-${index}`, time },
  })) as unknown as readonly AuditedExecution[];
  const healed = { type: "log-healed" } as AuditRecord;
  const starting = executions.map(({ start }) => start);
  const ending = executions.flatMap(({ end }) => (end === undefined ? [] : [end]));
  return { executions, records: [...starting, healed, ...ending] };
}

const history = historyOf([
  ["search", "2026-01-30T23:59:59.999Z"],
  ["search", "2026-01-31T00:00:00.000Z"],
  ["copy", "2026-01-31T12:00:00.000Z"],
]);

function selected(selection: Partial<Selection>): readonly string[] {
  return selectRecords(history, { ids: [], ...selection }).map((record) =>
    "execution" in record ? `${record.type.slice(10)} ${record.execution.slice(4)}` : record.type,
  );
}

test("without a selection every record is meant", () => {
  expect(selected({})).toHaveLength(7);
});

test("a selection is of both records of each execution, in the order of the log", () => {
  expect(selected({ ids: ["run-2", "run-0"] })).toEqual(["start 0", "start 2", "end 0", "end 2"]);
  expect(selected({ skill: "search" })).toEqual(["start 0", "start 1", "end 0", "end 1"]);
  expect(selected({ ids: ["run-2"], skill: "search" })).toEqual([]);
});

test("times take in the first moment and not the last", () => {
  const since = readMoment("--since", "2026-01-31");
  const until = readMoment("--until", "2026-01-31T13:00:00+01:00");
  expect(selected({ since, until })).toEqual(["start 1", "end 1"]);
});

test("an id that is not in the log is an error, not nothing", () => {
  expect(() => selected({ ids: ["run-7"] })).toThrow("run-7");
});

test.each(["", "yesterday", "2026-02-30", "2026-13-01", "2026-01-31T12:00:00", "12", "1769860800"])(
  "%j is no moment",
  (text) => {
    expect(() => readMoment("--since", text)).toThrow("expected --since with a day or a time");
  },
);
