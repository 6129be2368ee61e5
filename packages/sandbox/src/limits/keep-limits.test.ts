import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";

import { afterEach, describe, expect, test, vi } from "vitest";

import { effectiveLimits } from "./effective-limits.ts";
import { keepLimits } from "./keep-limits.ts";
import type { LimitKeeper } from "./keep-limits.ts";
import type { Excess } from "./watchdog.ts";

const base = { timeoutMs: 1, stdoutBytes: 1, stderrBytes: 1 };
const sums = ["cpu", "memory", "processes"];

describe.runIf(process.platform === "linux")("the keeper of a run's limits", () => {
  const children: ChildProcess[] = [];
  const keepers: LimitKeeper[] = [];
  afterEach(async () => {
    for (const keeper of keepers.splice(0)) {
      keeper.end();
      keeper.killAll();
      await keeper.dispose();
    }
    for (const child of children.splice(0)) {
      child.kill("SIGKILL");
    }
  });
  const start = (script: string): number => {
    const child = spawn("/bin/sh", ["-c", script], { stdio: "ignore" });
    children.push(child);
    return child.pid ?? -1;
  };
  const keep = (
    changed: Partial<Parameters<typeof effectiveLimits>[0]>,
  ): { readonly keeper: LimitKeeper; readonly told: readonly Excess[] } => {
    const told: Excess[] = [];
    const keeper = keepLimits(effectiveLimits({ ...base, ...changed }), (why) => told.push(why));
    keepers.push(keeper);
    return { keeper, told };
  };

  test("claims nothing before it has begun, nor changes what the launch does", () => {
    const { keeper } = keep({});
    expect([keeper.resources, keeper.limitedBy({ openFiles: "rlimit" })]).toEqual([
      {},
      { openFiles: "rlimit" },
    ]);
    expect(keeper.end()).toBeUndefined();
  });

  test("tells of one excess, once", async () => {
    const { keeper, told } = keep({ processes: 1 });
    keeper.begin(start("sleep 20 & sleep 20 & wait"));
    await vi.waitFor(() => expect(told).toEqual(["process-limit"]), 20_000);
    keeper.wake();
    expect(Object.keys(keeper.limitedBy({})).sort()).toEqual(sums);
    expect(keeper.resources.processes).toBeGreaterThan(1);
  });

  test("goes on after a request, whose processor time counts anew", async () => {
    const { keeper, told } = keep({ cpuMs: 150 });
    keeper.begin(start("sleep 0.3; while :; do :; done"));
    keeper.wake();
    await vi.waitFor(() => expect(told).toEqual(["cpu-limit"]), { timeout: 10_000 });
    expect(keeper.resources.cpuMs).toBeGreaterThan(150);
  });

  test("has an end: nothing is told after it", async () => {
    const { keeper, told } = keep({ processes: 1 });
    keeper.begin(start("sleep 20 & sleep 20 & wait"));
    expect(keeper.end()).toBeUndefined();
    await keeper.dispose();
    expect(told).toEqual([]);
  });
});
