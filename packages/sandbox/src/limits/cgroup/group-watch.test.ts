import { expect, test } from "vitest";

import { watchGroup } from "./group-watch.ts";
import type { GroupUsage } from "./run-cgroup.ts";

const limits = { memoryBytes: 1000, cpuMs: 100, processes: 5 };
const idle: GroupUsage = { memoryBytes: 0, cpuMs: 0, processes: 0, killed: 0, refused: 0 };
const before = { resources: { maxRssBytes: 300, cpuMs: 40, processes: 2 }, spentCpuMs: 40 };

function watchOf(first: Partial<GroupUsage>): {
  readonly watch: ReturnType<typeof watchGroup>;
  readonly use: (usage: Partial<GroupUsage>) => void;
} {
  let now = { ...idle, ...first };
  const watch = watchGroup({ usage: () => now }, limits, before);
  return { watch, use: (usage) => (now = { ...idle, ...usage }) };
}

test("what was used before counts too", () => {
  const { watch, use } = watchOf({ cpuMs: 50 });
  expect(watch.sample()).toBeUndefined();
  expect(watch.resources).toEqual({ maxRssBytes: 300, cpuMs: 90, processes: 2 });
  use({ cpuMs: 61, memoryBytes: 900, processes: 4 });
  expect(watch.sample()).toBe("cpu-limit");
  expect(watch.resources).toEqual({ maxRssBytes: 900, cpuMs: 101, processes: 4 });
});

test("processor time counts from the last request", () => {
  const { watch, use } = watchOf({ cpuMs: 50 });
  watch.sample();
  watch.restartCpu();
  use({ cpuMs: 140 });
  expect(watch.sample()).toBeUndefined();
  use({ cpuMs: 151 });
  expect(watch.sample()).toBe("cpu-limit");
  // Figures never shrink, also when the group is gone.
  use({});
  expect(watch.resources.cpuMs).toBe(191);
});

test("what the kernel killed or refused is told, and nothing else", () => {
  expect(watchOf({ memoryBytes: 5000 }).watch.sample()).toBeUndefined();
  const killed = watchOf({ killed: 1 }).watch;
  expect([killed.sample(), killed.resources.maxRssBytes]).toEqual(["memory-limit", 1000]);
  expect(watchOf({ refused: 1 }).watch.sample()).toBe("process-limit");
  expect(watchOf({ processes: 6 }).watch.sample()).toBe("process-limit");
  expect(watchOf({ processes: 5 }).watch.sample()).toBeUndefined();
});
