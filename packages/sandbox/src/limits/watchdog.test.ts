import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";

import { afterEach, describe, expect, test, vi } from "vitest";

import { processTree } from "./process-tree.ts";
import { watchdog } from "./watchdog.ts";

const wide = { memoryBytes: 2 ** 40, cpuMs: 60_000, processes: 100 };

describe.runIf(process.platform === "linux")("the processes below one", () => {
  const children: ChildProcess[] = [];
  afterEach(() => {
    for (const child of children.splice(0)) {
      child.kill("SIGKILL");
    }
  });
  const start = (script: string): number => {
    const child = spawn("/bin/sh", ["-c", script], { stdio: "ignore" });
    children.push(child);
    return child.pid ?? -1;
  };
  const names = (root: number): readonly string[] =>
    processTree([root])
      .map(({ pid }) => readFileSync(`/proc/${pid}/comm`, "latin1").trim())
      .sort();
  const settled = async (root: number, expected: readonly string[]): Promise<void> =>
    vi.waitFor(() => expect(names(root)).toEqual(expected), 20_000);

  test("are found to the last grandchild, and nobody else is", async () => {
    const root = start("sh -c 'sleep 20 & wait' & sleep 20 & wait");
    await settled(root, ["sh", "sh", "sleep", "sleep"]);
    expect(processTree([2 ** 22 + 1])).toEqual([]);
    // Named twice, counted once.
    expect(processTree([root, root])).toHaveLength(4);
  });

  test("are counted, and the first limit that their sum passes is told", async () => {
    const root = start("sleep 20 & sleep 20 & wait");
    await settled(root, ["sh", "sleep", "sleep"]);
    const calm = watchdog(root, wide);
    expect([calm.sample(), calm.resources.processes]).toEqual([undefined, 3]);
    expect(calm.resources.maxRssBytes).toBeGreaterThan(0);
    expect(calm.isRunning()).toBe(true);
    expect(watchdog(root, { ...wide, processes: 2 }).sample()).toBe("process-limit");
    expect(watchdog(root, { ...wide, memoryBytes: 1 }).sample()).toBe("memory-limit");
    calm.killAll();
    await vi.waitFor(() => expect(calm.isRunning()).toBe(false), 20_000);
  });

  test("are all killed, also who has left the tree since the last look", async () => {
    const root = start("sleep 20.5 & sleep 20 & wait");
    await settled(root, ["sh", "sleep", "sleep"]);
    const dog = watchdog(root, wide);
    dog.sample();
    const pids = processTree([root]).map(({ pid }) => pid);
    // Its children now belong to somebody else.
    process.kill(root, "SIGKILL");
    await vi.waitFor(() => expect(existsSync(`/proc/${root}/exe`)).toBe(false), 20_000);
    dog.killAll();
    await vi.waitFor(
      () => expect(pids.filter((pid) => existsSync(`/proc/${pid}/exe`))).toEqual([]),
      20_000,
    );
  });

  test("have processor time, which counts from the last request", async () => {
    const root = start("while :; do :; done");
    const dog = watchdog(root, { ...wide, cpuMs: 100 });
    await vi.waitFor(() => expect(dog.sample()).toBe("cpu-limit"), { timeout: 10_000 });
    expect(dog.spentCpuMs).toBeGreaterThan(100);
    dog.restartCpu();
    expect([dog.sample(), dog.spentCpuMs < 100]).toEqual([undefined, true]);
    expect(dog.resources.cpuMs).toBeGreaterThan(100);
  });

  test("that never were are no run", () => {
    const dog = watchdog(2 ** 22 + 1, wide);
    expect([dog.sample(), dog.resources, dog.isRunning()]).toEqual([undefined, {}, false]);
    dog.killAll();
  });
});
