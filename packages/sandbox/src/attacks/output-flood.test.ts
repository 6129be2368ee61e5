import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { startAttacker, testableLevels } from "../../test/attacker.ts";
import type { Attacker } from "../../test/attacker.ts";

describe.each(await testableLevels())("at level %s a program that prints without end", (level) => {
  let attacker: Attacker;
  beforeAll(() => {
    attacker = startAttacker();
  });
  afterAll(() => attacker.close());

  test.each([
    ["1", "stdout-limit", 100_001, 0],
    ["2", "stderr-limit", 0, 5_003],
  ])("is ended at the limit, and exactly that much is kept (descriptor %s)", async (...row) => {
    const [descriptor, termination, stdoutBytes, stderrBytes] = row;
    const { outcome } = await attacker.ask({
      policy: attacker.policy(level, "flood.mjs", [descriptor], {
        limits: { timeoutMs: 20_000, stdoutBytes: 100_001, stderrBytes: 5_003 },
      }),
    });
    expect(outcome?.terminatedBy).toBe(termination);
    expect([outcome?.stdout.length, outcome?.stderr.length]).toEqual([stdoutBytes, stderrBytes]);
    expect([outcome?.stdoutTruncated, outcome?.stderrTruncated]).toEqual([
      descriptor === "1",
      descriptor === "2",
    ]);
  });
});
