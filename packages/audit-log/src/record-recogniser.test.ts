import fc from "fast-check";
import { expect, test } from "vitest";

import { sampleEnd, sampleStart } from "../test/sample-records.ts";
import { recordLine } from "./head.ts";
import { executionId } from "./log-identity.ts";
import { RecordRecogniser } from "./record-recogniser.ts";
import { parseRecord } from "./record-schema.ts";
import type { AuditRecord, ExecutionEnd, ExecutionStart } from "./records.ts";

const identity = { log: "0123456789abcdef".repeat(2), key: "0a1b2c3d" };
const recogniser = new RecordRecogniser(identity);

const place = (
  sequence: number,
  time: string,
): Pick<AuditRecord, "format" | "log" | "time"> & {
  readonly key: string;
  readonly sequence: number;
} => ({ format: 3, ...identity, sequence, time });

const noon = "2026-01-31T12:00:00.123Z";

function startLine(sequence: number, change: Partial<ExecutionStart> = {}, time = noon): Buffer {
  const execution = executionId(identity.log, sequence);
  const runtime = { ...sampleStart.runtime, pid: 1, process: "b/4026531836/77" };
  const rest = {
    type: "execution-start",
    execution,
    runtime,
    environment: ["LANG", "TZ"],
  } as const;
  return recordLine({
    ...sampleStart,
    ...rest,
    ...change,
    ...place(sequence, time),
  } as AuditRecord);
}

function endLine(sequence: number, of: number, change: Partial<ExecutionEnd> = {}): Buffer {
  const end = sampleEnd(executionId(identity.log, of));
  return recordLine({ ...end, type: "execution-end", ...change, ...place(sequence, noon) });
}

function recognise(line: Buffer, sequence: number): string | undefined {
  return recogniser.recognise(line, 0, line.length - 1, sequence);
}

test("starts and ends as a runtime writes them are recognised, with whatever texts they hold", () => {
  expect(recognise(startLine(7), 7)).toBe(undefined); // 1.5 is looked at closer
  const plain: Partial<ExecutionStart> = { arguments: { a: { stored: [1, "é\u001b\n\\", null] } } };
  expect(recognise(startLine(7, plain), 7)).toBe("execution-start");
  const resident = { process: "p", request: 3 };
  expect(recognise(startLine(7, { ...plain, form: "resident", resident }), 7)).toBe(
    "execution-start",
  );
  expect(recognise(startLine(8, plain), 7)).toBe(undefined);
  expect(recognise(endLine(9, 4), 9)).toBe("execution-end");
  expect(recogniser.execution).toBe(4);
  expect(recognise(endLine(9, 4, { signal: "SIGKILL", exitCode: null }), 9)).toBe("execution-end");
});

test("nothing is recognised that a parser would refuse or read as another record", () => {
  const texts = fc.oneof(
    fc.string({ unit: "binary", maxLength: 12 }),
    fc.string({ maxLength: 300 }),
  );
  const values = fc.oneof(texts, fc.integer(), fc.double({ noNaN: true }), fc.constant(null));
  const lines = fc.record({
    sequence: fc.constantFrom(0, 7, 123_456),
    names: fc.uniqueArray(fc.string({ minLength: 1, maxLength: 5 }), { maxLength: 5 }),
    value: fc.oneof(values, fc.array(values, { maxLength: 3 }), fc.dictionary(texts, values)),
    time: fc.date({ noInvalidDate: true, min: new Date(0), max: new Date("9999-12-31") }),
    end: fc.boolean(),
    cut: fc.nat(),
    put: fc.oneof(
      fc.uint8Array({ minLength: 0, maxLength: 2 }),
      fc
        .constantFrom(...['"', "\\", "\\u0041", "\\n", ",", "0", "1.0", "-1", " ", "{}", "é"])
        .map((text) => Buffer.from(text)),
    ),
    drop: fc.nat({ max: 2 }),
  });
  let recognised = 0;
  fc.assert(
    fc.property(lines, ({ sequence, names, value, time, end, cut, put, drop }) => {
      let line: Buffer;
      try {
        const stored = Object.fromEntries(names.map((name) => [name, { stored: value }]));
        line = end
          ? endLine(sequence, 4, { provenance: Object.fromEntries(names.map((n) => [n, value])) })
          : startLine(sequence, { arguments: stored, environment: names }, time.toISOString());
      } catch {
        return; // a text without a UTF-8 form
      }
      const at = cut % line.length;
      const changed = Buffer.concat([line.subarray(0, at), put, line.subarray(at + drop)]);
      for (const one of [
        line,
        Buffer.concat([changed.filter((byte) => byte !== 0x0a), Buffer.from("\n")]),
      ]) {
        const type = recognise(one, sequence);
        if (type === undefined) continue;
        // The scan asks only about lines that are UTF-8.
        if (Buffer.compare(Buffer.from(one.toString("utf8")), one) !== 0) continue;
        recognised += 1;
        const record = parseRecord(one.subarray(0, -1));
        expect(record).toMatchObject({ type, ...identity, sequence });
        expect("execution" in record ? record.execution : "").toBe(
          executionId(identity.log, recogniser.execution),
        );
      }
    }),
    { numRuns: 3000 },
  );
  expect(recognised).toBeGreaterThan(200);
});
