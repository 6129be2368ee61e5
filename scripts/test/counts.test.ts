import { describe, expect, test } from "vitest";

import { formatCapabilities, missingCapabilities } from "./capabilities.ts";
import { addCounts, countsIn, emptyCounts } from "./counts.ts";

describe("counting what ran", () => {
  test("reads vitest's closing line, behind turbo's prefix or not", () => {
    expect(countsIn("      Tests  7 passed (7)")).toEqual({ passed: 7, failed: 0, skipped: 0 });
    expect(
      countsIn("@clawkeep/x:test:       Tests  1 failed | 20 passed | 3 skipped (24)"),
    ).toEqual({
      passed: 20,
      failed: 1,
      skipped: 3,
    });
  });

  test("is not fooled by other lines", () => {
    for (const line of [" Test Files  3 passed (3)", "3 passed", "✓ Tests pass", ""]) {
      expect(countsIn(line)).toEqual(emptyCounts);
    }
  });

  test("adds up", () => {
    const one = { passed: 1, failed: 2, skipped: 3 };
    expect(addCounts(one, one)).toEqual({ passed: 2, failed: 4, skipped: 6 });
  });
});

describe("the capability table", () => {
  const rows = [
    { name: "bubblewrap", present: true, why: "0.8.0 at /usr/bin/bwrap" },
    { name: "cargo", present: false, why: "not on PATH" },
  ];

  test("says absent, and why", () => {
    expect(formatCapabilities(rows)).toBe(
      [
        "capabilities (absent = not tested here)",
        "  bubblewrap  present  0.8.0 at /usr/bin/bwrap",
        "  cargo       absent   not on PATH",
      ].join("\n"),
    );
  });

  test("a required part that is absent, or that nobody knows, is named", () => {
    expect(missingCapabilities(rows, undefined)).toEqual([]);
    expect(missingCapabilities(rows, "bubblewrap")).toEqual([]);
    expect(missingCapabilities(rows, " cargo , bubblewrap,gpu")).toEqual(["cargo", "gpu"]);
  });
});
