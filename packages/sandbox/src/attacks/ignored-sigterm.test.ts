import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";

import { processesWith, startAttacker, testableLevels } from "../../test/attacker.ts";
import type { Attacker } from "../../test/attacker.ts";

describe.each(await testableLevels())("at level %s a program that ignores signals", (level) => {
  let attacker: Attacker;
  beforeAll(() => {
    attacker = startAttacker();
  });
  afterAll(() => attacker.close());

  test("is ended by its timeout, with its children", async () => {
    const token = `stubborn-${process.pid}-${performance.now()}`;
    const { outcome } = await attacker.ask({
      policy: attacker.policy(level, "ignore-sigterm.mjs", [token], {
        limits: { timeoutMs: 400, stdoutBytes: 10, stderrBytes: 10 },
      }),
    });
    expect([outcome?.terminatedBy, outcome?.exitCode, outcome?.signal]).toEqual([
      "timeout",
      null,
      "SIGKILL",
    ]);
    await vi.waitFor(() => expect(processesWith(token)).toEqual([]), 20_000);
  });
});
