import { describe, expect, test } from "vitest";

import { bubblewrapDriver } from "./bubblewrap/driver.ts";
import { detectLevels, resolveLevel } from "./detect-levels.ts";
import type { LevelReports } from "./level.ts";

const without: LevelReports = {
  bubblewrap: { level: "bubblewrap", available: false, why: "it is not installed", notCovered: [] },
  landlock: { level: "landlock", available: false, why: "it was not built", notCovered: [] },
  none: { level: "none", available: true, notCovered: ["everything"] },
};
const withBubblewrap: LevelReports = {
  ...without,
  bubblewrap: { level: "bubblewrap", available: true, notCovered: [] },
};

describe("a machine without bubblewrap", () => {
  test("runs at level none, and a requirement fails closed with the reason", () => {
    expect(resolveLevel(without, { level: "best" })).toBe("none");
    for (const wanted of [
      { level: "best", require: "bubblewrap" },
      { level: "none", require: "bubblewrap" },
      { level: "bubblewrap" },
    ] as const) {
      expect(() => resolveLevel(without, wanted)).toThrow("it is not installed");
    }
  });

  test("says what it lacks", async () => {
    const report = await bubblewrapDriver({ candidates: ["/nonexistent/bwrap"] }).detect();
    expect(report).toMatchObject({
      available: false,
      why: expect.stringContaining("not installed"),
    });
  });
});

describe("a machine with the launcher and without bubblewrap", () => {
  const withLauncher: LevelReports = {
    ...without,
    landlock: { level: "landlock", available: true, notCovered: [] },
  };
  test("takes it, which is enough for all but a requirement of bubblewrap", () => {
    expect(resolveLevel(withLauncher, { level: "best" })).toBe("landlock");
    expect(resolveLevel(withLauncher, { level: "best", require: "landlock" })).toBe("landlock");
    expect(() => resolveLevel(withLauncher, { level: "best", require: "bubblewrap" })).toThrow(
      "it is not installed",
    );
  });
});

describe("a machine with bubblewrap", () => {
  test("takes it, and none only when asked and nothing more is required", () => {
    expect(resolveLevel(withBubblewrap, { level: "best" })).toBe("bubblewrap");
    expect(resolveLevel(withBubblewrap, { level: "best", require: "landlock" })).toBe("bubblewrap");
    expect(resolveLevel(withBubblewrap, { level: "none" })).toBe("none");
    expect(() => resolveLevel(withBubblewrap, { level: "none", require: "bubblewrap" })).toThrow(
      "a weaker level was asked for",
    );
  });
});

test("level none names what it does not cover, and detection answers the same twice", async () => {
  const [first, second] = [await detectLevels(), await detectLevels()];
  expect(first.none.notCovered.length).toBeGreaterThan(3);
  expect(second).toEqual(first);
});

test("detection for one level tries that one alone, and for the best none below it", async () => {
  const all = await detectLevels();
  const { none, ...untried } = await detectLevels("none");
  expect(none.available).toBe(true);
  for (const { available, why } of Object.values(untried)) {
    expect([available, why]).toEqual([false, undefined]);
  }
  const best = await detectLevels("best");
  const obtained = resolveLevel(best, { level: "best" });
  expect(obtained).toBe(resolveLevel(all, { level: "best" }));
  expect(best[obtained]).toEqual(all[obtained]);
  if (obtained !== "none") {
    expect(best.none.available).toBe(false);
    expect(() => resolveLevel(best, { level: "none", require: obtained })).toThrow(
      "a weaker level was asked for",
    );
  }
});
