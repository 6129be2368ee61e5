import fc from "fast-check";
import { describe, expect, test } from "vitest";

import {
  parseProcessStat,
  readProcessStat,
  readProportionalBytes,
  readResidentBytes,
} from "./process-stat.ts";

/** Fields 3 to 24 of proc_pid_stat(5). */
const fields = "S 10 20 20 0 -1 4194304 1 2 3 4 50 25 12 8 20 0 6 0 777 1000000 99";

describe("a line of /proc/PID/stat", () => {
  test("is read by the numbers of the manual", () => {
    expect(parseProcessStat(`42 (tool) ${fields} 18446744073709551615`)).toEqual({
      pid: 42,
      key: "42:777",
      state: "S",
      parent: 10,
      threads: 6,
      rssBytes: 99 * 4096,
      ownCpuMs: 750,
      childrenCpuMs: 200,
    });
  });

  test("may have any name in it", () => {
    fc.assert(
      fc.property(fc.string(), (name) => {
        const stat = parseProcessStat(`42 (${name}) ${fields}`);
        expect([stat?.pid, stat?.parent, stat?.threads]).toEqual([42, 10, 6]);
      }),
    );
  });

  test("that is none is not taken for one", () => {
    for (const text of ["", "42", "42 (x)", "42 (x) S 1 2", "(x) S", `x (y) ${fields}`]) {
      expect(parseProcessStat(text)).toBeUndefined();
    }
    fc.assert(
      fc.property(fc.string(), (text) => {
        const stat = parseProcessStat(text);
        expect(stat === undefined || Number.isInteger(stat.pid)).toBe(true);
      }),
    );
  });
});

describe.runIf(process.platform === "linux")("this process", () => {
  test("has figures of its own, and one that never was has none", () => {
    const own = readProcessStat(process.pid);
    expect(own).toMatchObject({ pid: process.pid, parent: process.ppid });
    expect(own?.rssBytes).toBeGreaterThan(1_000_000);
    expect(readResidentBytes(`/proc/${process.pid}`)).toBeGreaterThan(1_000_000);
    expect(readProportionalBytes(process.pid)).toBeGreaterThan(1_000_000);
    expect(readProcessStat(2 ** 22 + 1)).toBeUndefined();
    expect(readProportionalBytes(2 ** 22 + 1)).toBeUndefined();
    expect(readResidentBytes("/proc/nobody")).toBe(0);
  });
});
