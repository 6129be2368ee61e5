import { readFileSync } from "node:fs";

import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";

import { bubblewrapTestable, processesWith, startAttacker } from "../../test/attacker.ts";
import type { Attacker } from "../../test/attacker.ts";

describe.runIf(await bubblewrapTestable())(
  "a sandbox that is ended while it is being set up",
  () => {
    let attacker: Attacker;
    beforeAll(() => {
      attacker = startAttacker();
    });
    afterAll(() => attacker.close());

    test("leaves nothing behind, at whatever moment its timeout falls", async () => {
      const token = `early-${process.pid}-${performance.now()}`;
      for (let timeoutMs = 1; timeoutMs <= 24; timeoutMs += 1) {
        const { outcome } = await attacker.ask({
          policy: attacker.policy("bubblewrap", "ignore-sigterm.mjs", [token], {
            limits: { timeoutMs, stdoutBytes: 10, stderrBytes: 10 },
          }),
        });
        expect(outcome?.terminatedBy).toBe("timeout");
      }
      await vi.waitFor(() => expect(processesWith(token)).toEqual([]), 20_000);
    });

    test("never starts its program when the runtime is killed before the gate is open", async () => {
      const token = `gate-${process.pid}-${performance.now()}`;
      for (let round = 0; round < 3; round += 1) {
        const victim = startAttacker();
        // The sandbox waits for its filter, which never comes.
        const { pid } = await victim.ask({
          policy: victim.policy("bubblewrap", "ignore-sigterm.mjs", [token]),
          how: "gate-shut",
        });
        expect(pid).toBeGreaterThan(0);
        victim.kill();
        expect(processesWith(token)).toEqual([]);
        // What is left at most is a bubblewrap that waits for its dead parent: the level says so.
        clear(pid ?? -1, token);
        await victim.close();
      }
    });
  },
);

function clear(pid: number, token: string): void {
  try {
    if (readFileSync(`/proc/${pid}/cmdline`, "latin1").includes(token)) {
      process.kill(pid, "SIGKILL");
    }
  } catch {
    // It has ended by itself.
  }
}
