import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { startAttacker, testableLevels } from "../../test/attacker.ts";
import type { Attacker } from "../../test/attacker.ts";
import { exhaust } from "../../test/exhaust.ts";

const MiB = 1024 * 1024;

describe.each(await testableLevels())("at level %s a program that takes memory", (level) => {
  let attacker: Attacker;
  beforeAll(() => {
    attacker = startAttacker();
  });
  afterAll(() => attacker.close());

  test.each([
    ["memory", 200 * MiB],
    ["shared-out", 400 * MiB],
  ] as const)("is ended with all it started (%s)", async (what, memoryBytes) => {
    const outcome = await exhaust(attacker, level, what, { memoryBytes });
    expect([outcome.terminatedBy, outcome.exitCode]).toEqual(["memory-limit", null]);
    expect(outcome.limitedBy?.memory).toMatch(/^(cgroup|watchdog)$/u);
    expect(outcome.resources?.maxRssBytes).toBeGreaterThanOrEqual(memoryBytes);
  });
});
