import { canonicalJson } from "@clawkeep/integrity";
import type { JsonValue } from "@clawkeep/integrity";
import { describe, expect, test } from "vitest";

import { sampleEnd, sampleStart } from "../test/sample-records.ts";
import { checkRecord, parseRecord } from "./record-schema.ts";

const place = {
  format: 1,
  log: "0123456789abcdef".repeat(2),
  key: "01234567",
  sequence: 4,
  time: "2026-01-31T23:59:59.123Z",
} as const;
const execution = "0123456789ab-4";

const start = {
  ...sampleStart,
  ...place,
  type: "execution-start",
  execution,
  runtime: { ...sampleStart.runtime, pid: 7, process: "boot/4026531836/99" },
  environment: ["LANG", "TZ"],
} as const;
const end = { ...sampleEnd(execution), ...place, type: "execution-end" } as const;
const healed = { ...place, type: "log-healed", present: 3, expected: 700 } as const;

/** Every path to a field, and the record without it. */
function without(value: JsonValue, path = ""): { path: string; value: JsonValue }[] {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return [];
  }
  const object = value as Record<string, JsonValue>;
  return Object.entries(object).flatMap(([name, inner]) => {
    const { [name]: _, ...rest } = object;
    const deeper = without(inner, `${path}${name}.`);
    return [
      { path: `${path}${name}`, value: rest },
      ...deeper.map((one) => ({ path: one.path, value: { ...object, [name]: one.value } })),
    ];
  });
}

const optional: readonly string[] = [
  "arguments.label",
  "arguments.query",
  "arguments.topk",
  "caller.claimed",
  "caller.claimed.agent",
  "caller.claimed.session",
  "caller.observed.parent",
  "caller.observed.parent.digest",
  "caller.observed.parent.name",
  "caller.observed.parent.pid",
  "caller.observed.pid",
  "caller.observed.uid",
  "limitedBy",
  "limitedBy.memory",
  "limitedBy.openFiles",
  "meaning",
  "provenance.snapshotRoot",
  "resources.cpuMs",
  "resources.maxRssBytes",
  "resources.processes",
  "roots.index",
  "runtime.process",
  "sandbox.required",
  "sandbox.version",
];

describe("a record", () => {
  test.each([
    ["start", start],
    ["end", end],
    ["repair", healed],
  ])("that is a whole %s is one, from its line too", (_, record) => {
    expect(checkRecord(record)).toBe(record);
    const json = record as unknown as JsonValue;
    expect(parseRecord(Buffer.from(canonicalJson(json)))).toEqual(record);
  });

  test("lacks no field but those that the format calls optional", () => {
    const accepted = [start, end, healed].flatMap((record) =>
      without(record as unknown as JsonValue)
        .filter(({ value }) => isRecord(value))
        .map(({ path }) => path),
    );
    expect([...accepted].sort()).toEqual(optional);
  });

  test.each<[string, unknown]>([
    ["another type", { ...start, type: "execution-refused" }],
    ["another format", { ...start, format: 4 }],
    ["a field more", { ...healed, note: "x" }],
    ["a field more inside", { ...start, sandbox: { ...start.sandbox, note: "x" } }],
    ["null for absent", { ...end, meaning: null }],
    ["a time without milliseconds", { ...healed, time: "2026-01-31T23:59:59Z" }],
    ["a time in another zone", { ...healed, time: "2026-01-31T23:59:59.123+01:00" }],
    ["a day that does not exist", { ...healed, time: "2026-02-30T23:59:59.123Z" }],
    ["a log id in capitals", { ...healed, log: "ABCDEF0123456789".repeat(2) }],
    ["a negative sequence", { ...healed, sequence: -1 }],
    ["environment out of order", { ...start, environment: ["TZ", "LANG"] }],
    ["an environment name twice", { ...start, environment: ["TZ", "TZ"] }],
    ["a value beside a name", { ...start, environment: [{ TZ: "UTC" }] }],
    [
      "both forms of an argument",
      { ...start, arguments: { a: { stored: 1, keyed: "x", bytes: 1 } } },
    ],
    ["a short keyed digest", { ...start, arguments: { a: { keyed: "hmac-sha256:ab", bytes: 1 } } }],
    ["another network", { ...start, network: "all" }],
    ["a level of another name", { ...end, level: "docker" }],
    ["a resident process for one shot", { ...start, resident: { process: "p", request: 1 } }],
    ["a request 0", { ...start, form: "resident", resident: { process: "p", request: 0 } }],
    ["an exit code that is a fraction", { ...end, exitCode: 0.5 }],
    ["a signal that is none", { ...end, signal: "kill me\n" }],
    ["a list", [start]],
    ["nothing", undefined],
  ])("with %s is none", (_, value) => {
    expect(isRecord(value)).toBe(false);
  });

  test("says everything that is wrong with it", () => {
    const bad = { ...end, exitCode: "0", durationMs: -1, extra: true };
    expect(() => checkRecord(bad)).toThrow(/exitCode: .*durationMs: .*extra/su);
  });
});

function isRecord(value: unknown): boolean {
  try {
    checkRecord(value);
    return true;
  } catch {
    return false;
  }
}
