import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { startAttacker, testableLevels } from "../../test/attacker.ts";
import type { Attacker } from "../../test/attacker.ts";

describe.each(await testableLevels())("at level %s the environment", (level) => {
  let attacker: Attacker;
  beforeAll(() => {
    attacker = startAttacker({
      environment: {
        CANARY: "canary-in-the-environment",
        NODE_V8_COVERAGE: "/tmp/canary-coverage",
        LD_LIBRARY_PATH: "/tmp/canary",
      },
    });
  });
  afterAll(() => attacker.close());

  test("is exactly what the policy says", async () => {
    const environment = { NAME: "value", EMPTY: "", PATH: "/usr/bin" };
    const { outcome } = await attacker.ask({
      policy: attacker.policy(level, "report.mjs", [], { environment }),
    });
    const { environment: seen } = JSON.parse(outcome?.stdout ?? "{}") as {
      environment: Record<string, string>;
    };
    // Bubblewrap sets PWD itself.
    delete seen["PWD"];
    expect(seen).toEqual(environment);
  });

  test.runIf(level === "bubblewrap")("of its parents cannot be read inside", async () => {
    const { outcome } = await attacker.ask({
      policy: attacker.policy(level, "look-around.mjs", ["1"], { environment: { OWN: "own" } }),
    });
    expect(outcome?.stdout).toContain("OWN=own");
    expect(outcome?.stdout).not.toContain("canary");
  });
});
