import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { CallerBudgets } from "./caller-budget.ts";
import { TokenBucket } from "./token-bucket.ts";

describe("a rate", () => {
  test("gives its burst at once, and then what a second brings", () => {
    let time = 0;
    const bucket = new TokenBucket({ perSecond: 2, burst: 3 }, () => time);
    const takes = (): boolean[] => Array.from({ length: 4 }, () => bucket.take());
    expect(takes()).toEqual([true, true, true, false]);
    time = 1000;
    expect(takes()).toEqual([true, true, false, false]);
    time = 1_000_000;
    expect(takes()).toEqual([true, true, true, false]);
  });

  test("never gives more than burst and rate together allow", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(500), { maxLength: 200 }), (steps) => {
        let time = 0;
        const bucket = new TokenBucket({ perSecond: 5, burst: 4 }, () => time);
        let taken = 0;
        for (const step of steps) {
          time += step;
          if (bucket.take()) taken += 1;
        }
        expect(taken).toBeLessThanOrEqual(4 + (time / 1000) * 5 + 1e-6);
      }),
    );
  });
});

describe("a budget", () => {
  const budget = { calls: 3, workMs: 100, bytes: 1000 };
  const call = (budgets: CallerBudgets, caller: string, workMs: number, bytes: number): unknown => {
    const end = budgets.begin(caller);
    if (typeof end === "string") return end;
    end({ workMs, bytes });
    return "ok";
  };

  test("bounds calls, work and bytes of each caller apart, within a minute", () => {
    let time = 0;
    const budgets = new CallerBudgets(budget, () => time);
    expect([1, 2, 3, 4].map(() => call(budgets, "a", 1, 1))).toEqual(["ok", "ok", "ok", "calls"]);
    expect([call(budgets, "b", 100, 1), call(budgets, "b", 1, 1)]).toEqual(["ok", "workMs"]);
    expect([call(budgets, "c", 1, 1000), call(budgets, "c", 1, 1)]).toEqual(["ok", "bytes"]);
    time = 60_001;
    expect(["a", "b", "c"].map((caller) => call(budgets, caller, 1, 1))).toEqual([
      "ok",
      "ok",
      "ok",
    ]);
  });

  test("counts what is under way, and remembers no more callers than it has room for", () => {
    const budgets = new CallerBudgets(budget, () => 0);
    for (let n = 0; n < 3; n += 1) expect(budgets.begin("a")).toBeTypeOf("function");
    expect(budgets.begin("a")).toBe("calls");
    for (let n = 0; n < 1024; n += 1) budgets.begin(`other-${n}`);
    expect(budgets.begin("a")).toBeTypeOf("function");
  });
});
