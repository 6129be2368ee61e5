import { describe, expect, test } from "vitest";

import { observedCalls } from "../seccomp/observed-calls.ts";
import { landlockCallRules, systemCallRules } from "../seccomp/rules.ts";
import { observationPlan } from "./observation-plan.ts";

describe.each(["x64", "arm64"] as const)("the plan for %s", (architecture) => {
  test.each([
    ["bubblewrap", systemCallRules],
    ["landlock", landlockCallRules],
  ])("refuses between the two filters what %s refuses", (_level, rules) => {
    const plan = observationPlan(rules, architecture, 1);
    const lines = Buffer.from(plan.bytes).toString().trimEnd().split("\n");
    expect(lines.slice(0, 2)).toEqual([expect.stringMatching(/^filter [0-9a-f]+$/u), "skip 1"]);
    const refused = lines
      .filter((line) => line.startsWith("call ") && line.split(" ")[4] !== "0")
      .map((line) => line.split(" ")[2]);
    expect(refused).toContain("socket");
    for (const rule of rules) {
      expect([rule.name, plan.remaining.includes(rule) || refused.includes(rule.name)]).toEqual([
        rule.name,
        true,
      ]);
    }
  });

  test("lets everything go on where nothing is refused", () => {
    const lines = Buffer.from(observationPlan([], architecture, 0).bytes)
      .toString()
      .split("\n");
    const calls = lines.filter((line) => line.startsWith("call "));
    expect(calls.filter((line) => line.split(" ")[4] !== "0")).toEqual([]);
    const known = observedCalls.filter(({ numbers }) => numbers[architecture] !== undefined);
    // A socket by itself leads nowhere yet.
    expect(calls).toHaveLength(known.length - 1);
  });
});
