import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { bubblewrapTestable, startAttacker } from "../../test/attacker.ts";
import type { Attacker } from "../../test/attacker.ts";

describe.runIf(await bubblewrapTestable())("a program that looks at other processes", () => {
  let attacker: Attacker;
  beforeAll(() => {
    attacker = startAttacker({ environment: { CANARY: "canary" } });
  });
  afterAll(() => attacker.close());

  test("sees itself alone, and no path or name of the host", async () => {
    const { outcome } = await attacker.ask({
      policy: attacker.policy("bubblewrap", "look-around.mjs", [String(attacker.pid)]),
    });
    const seen = JSON.parse(outcome?.stdout ?? "{}") as {
      readonly pids: readonly string[];
      readonly commands: readonly string[];
      readonly hostname: string;
      readonly signalled: string;
    };
    expect(seen.pids).toEqual(["1"]);
    expect(seen.signalled).toBe("ESRCH");
    expect(seen.hostname.trim()).toBe("sandbox");
    // Mount tables name the sources of roots; command lines must not.
    expect(seen.commands.join()).not.toContain(attacker.folder);
    expect(outcome?.stdout).not.toContain("canary");
  });
});
