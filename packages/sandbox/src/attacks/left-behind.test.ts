import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";

import { processesWith, startAttacker, testableLevels } from "../../test/attacker.ts";
import type { Attacker } from "../../test/attacker.ts";

describe.each(await testableLevels())(
  "at level %s a grandchild that outlives its parent",
  (level) => {
    let attacker: Attacker;
    beforeAll(() => {
      attacker = startAttacker();
    });
    afterAll(() => attacker.close());

    // At level none one that leaves the process group is beyond reach: the level says so.
    const ways = level === "none" ? ["group", "holding"] : ["group", "holding", "session"];
    test.each(ways)("is killed with it (%s)", async (how) => {
      const token = `left-${how}-${process.pid}-${performance.now()}`;
      const { outcome } = await attacker.ask({
        policy: attacker.policy(level, "leave-behind.mjs", [token, how]),
      });
      expect([outcome?.exitCode, outcome?.stdout]).toEqual([0, "left"]);
      await vi.waitFor(() => expect(processesWith(token)).toEqual([]), 20_000);
    });
  },
);
