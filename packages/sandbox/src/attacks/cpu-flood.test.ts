import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { startAttacker, testableLevels } from "../../test/attacker.ts";
import type { Attacker } from "../../test/attacker.ts";
import { exhaust } from "../../test/exhaust.ts";

describe.each(await testableLevels())(
  "at level %s a program that takes processor time",
  (level) => {
    let attacker: Attacker;
    beforeAll(() => {
      attacker = startAttacker();
    });
    afterAll(() => attacker.close());

    test.each([
      ["cpu", 200],
      ["cpu-of-children", 300],
    ] as const)("is ended with all it started (%s)", async (what, cpuMs) => {
      const outcome = await exhaust(attacker, level, what, { cpuMs });
      expect([outcome.terminatedBy, outcome.exitCode]).toEqual(["cpu-limit", null]);
      expect(outcome.limitedBy?.cpu).toMatch(/^(cgroup|watchdog)$/u);
      expect(outcome.resources?.cpuMs).toBeGreaterThan(cpuMs);
    });
  },
);
