import type { Resources } from "../../outcome.ts";
import type { Excess, SummedLimits } from "../watchdog.ts";
import type { RunCgroup } from "./run-cgroup.ts";

/** What was known of a run before it had a group. */
export interface KnownBefore {
  readonly resources: Resources;
  /** Processor time since the last request. */
  readonly spentCpuMs: number;
}

/** Reads a run's figures from its group. The kernel keeps the limits; processor time is kept here. */
export interface GroupWatch {
  sample(): Excess | undefined;
  restartCpu(): void;
  readonly resources: Resources;
}

/** Goes on with the figures of a run that has come into its group. */
export function watchGroup(
  group: Pick<RunCgroup, "usage">,
  limits: SummedLimits,
  before: KnownBefore,
): GroupWatch {
  let { maxRssBytes = 0, cpuMs = 0, processes = 0 } = before.resources;
  const ownCpuMs = cpuMs;
  let cpuBefore = cpuMs - before.spentCpuMs;
  return {
    sample: () => {
      const usage = group.usage();
      cpuMs = Math.max(cpuMs, ownCpuMs + usage.cpuMs);
      processes = Math.max(processes, usage.processes);
      maxRssBytes = Math.max(maxRssBytes, usage.memoryBytes);
      if (usage.killed > 0) {
        // It had all of it, whatever was left when we looked.
        maxRssBytes = Math.max(maxRssBytes, limits.memoryBytes);
        return "memory-limit";
      }
      if (usage.refused > 0 || usage.processes > limits.processes) {
        return "process-limit";
      }
      return cpuMs - cpuBefore > limits.cpuMs ? "cpu-limit" : undefined;
    },
    restartCpu: () => {
      cpuBefore = cpuMs;
    },
    get resources() {
      // Rounded up: what passes a limit is told as more than it.
      return { maxRssBytes, cpuMs: Math.ceil(cpuMs), processes };
    },
  };
}
