import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { startAttacker, testableLevels } from "../../test/attacker.ts";
import type { Attacker } from "../../test/attacker.ts";
import { exhaust } from "../../test/exhaust.ts";

describe.each(await testableLevels())("at level %s a program that takes processes", (level) => {
  let attacker: Attacker;
  beforeAll(() => {
    attacker = startAttacker();
  });
  afterAll(() => attacker.close());

  test("is ended with all it started", async () => {
    const outcome = await exhaust(attacker, level, "processes", { processes: 40 });
    expect([outcome.terminatedBy, outcome.exitCode]).toEqual(["process-limit", null]);
    expect(outcome.limitedBy?.processes).toMatch(/^(cgroup|watchdog|rlimit)$/u);
    expect(outcome.resources?.processes).toBeGreaterThan(40);
  });

  test("never has more than are allowed, as a fork bomb", async () => {
    const { terminatedBy, limitedBy, resources } = await exhaust(attacker, level, "bomb", {
      processes: 60,
      timeoutMs: 1500,
    });
    if (limitedBy?.processes === "rlimit") {
      // The kernel refuses the next one; a bomb that dies of that need not be seen at its largest.
      expect(["process-limit", "timeout"]).toContain(terminatedBy);
      expect(resources?.processes).toBeLessThanOrEqual(61);
    } else {
      expect(terminatedBy).toBe("process-limit");
    }
  });
});
