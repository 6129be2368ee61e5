import { closeSync, openSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { startAttacker, testableLevels } from "../../test/attacker.ts";
import type { Attacker } from "../../test/attacker.ts";

describe.each(await testableLevels())(
  "at level %s a descriptor that the runtime inherited",
  (level) => {
    const canary = path.join(tmpdir(), `clawkeep-descriptor-${process.pid}-${level}`);
    let attacker: Attacker;
    let descriptor: number;
    beforeAll(() => {
      writeFileSync(canary, "canary");
      descriptor = openSync(canary, "r");
      // Far above those that Node marks as close-on-exec at its start.
      attacker = startAttacker({ descriptors: [descriptor] });
    });
    afterAll(async () => {
      closeSync(descriptor);
      await attacker.close();
    });

    test("is not open in the program", async () => {
      const { outcome } = await attacker.ask({
        policy: attacker.policy(level, "list-descriptors.mjs", []),
      });
      const open = Object.values(JSON.parse(outcome?.stdout ?? "{}") as Record<string, string>);
      expect(open.filter((target) => target !== "/dev/null")).toEqual([]);
    });
  },
);
