import { describe, expect, test, vi } from "vitest";

import { bubblewrapTestable, processesWith, startAttacker } from "../../test/attacker.ts";

describe.runIf(await bubblewrapTestable())("when the runtime is killed with -9", () => {
  test("everything in the sandbox dies with it", async () => {
    const attacker = startAttacker();
    const token = `orphan-${process.pid}-${performance.now()}`;
    await attacker.ask({
      policy: attacker.policy("bubblewrap", "ignore-sigterm.mjs", [token]),
      how: "stay",
    });
    await vi.waitFor(() => expect(processesWith(token).length).toBe(2), 10_000);
    attacker.kill();
    await vi.waitFor(() => expect(processesWith(token)).toEqual([]), 10_000);
    await attacker.close();
  });
});
