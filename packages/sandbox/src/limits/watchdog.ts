import type { Resources } from "../outcome.ts";
import type { Limits } from "../policy.ts";
import { readProcessStat, readProportionalBytes } from "./process-stat.ts";
import type { ProcessStat } from "./process-stat.ts";
import { processTree } from "./process-tree.ts";

/** A limit that the sum over a tree has passed. */
export type Excess = "memory-limit" | "cpu-limit" | "process-limit";

/** The limits that a sum over processes can pass. */
export type SummedLimits = Required<Pick<Limits, "memoryBytes" | "cpuMs" | "processes">>;

/** Sums over the processes below one, by samples of `/proc`. */
export interface Watchdog {
  /** Takes a sample. Says which limit is passed, if one is. */
  sample(): Excess | undefined;
  /** Processor time counts from here. */
  restartCpu(): void;
  readonly resources: Resources;
  /** Processor time since it was last restarted. */
  readonly spentCpuMs: number;
  /** False when the first process has ended, or its number is another's by now. */
  isRunning(): boolean;
  /** Kills whoever was seen and still lives, wherever it has gone. */
  killAll(): void;
}

/** More dead processes than this are kept as one sum. */
const REMEMBERED = 4096;

/** Watches the processes below `root`. */
export function watchdog(root: number, limits: SummedLimits): Watchdog {
  /** Processor time of each process that was ever seen, by pid and start time. */
  const times = new Map<string, number>();
  let forgotten = 0;
  const first = readProcessStat(root);
  let living = new Map<string, ProcessStat>(first === undefined ? [] : [[first.key, first]]);
  let cpuMs = 0;
  let cpuBefore = 0;
  let maxRssBytes = 0;
  let processes = 0;
  let samples = 0;

  const look = (): readonly ProcessStat[] => {
    // Whoever has left the tree since the last sample is still looked for.
    const before = living;
    const known = new Set([...before.values()].map(({ pid }) => pid));
    const tree = processTree(known).filter(
      // The id of a process that was seen may have gone to a stranger meanwhile.
      ({ pid, key, parent }) => before.has(key) || !known.has(pid) || known.has(parent),
    );
    living = new Map(tree.map((stat) => [stat.key, stat]));
    return tree;
  };
  const addTimes = (tree: readonly ProcessStat[]): void => {
    for (const { key, ownCpuMs } of tree) {
      times.set(key, ownCpuMs);
    }
    const seen = [...times.values()].reduce((sum, time) => sum + time, forgotten);
    const waitedFor = tree.reduce((sum, stat) => sum + stat.ownCpuMs + stat.childrenCpuMs, 0);
    cpuMs = Math.max(cpuMs, seen, waitedFor);
    if (times.size > REMEMBERED) {
      for (const [key, time] of times) {
        if (!living.has(key)) {
          forgotten += time;
          times.delete(key);
        }
      }
    }
  };

  return {
    sample: () => {
      const tree = look();
      if (tree.length === 0) {
        return undefined;
      }
      samples += 1;
      addTimes(tree);
      const tasks = tree.reduce((sum, { threads }) => sum + threads, 0);
      const memory = memoryOf(tree, limits.memoryBytes);
      processes = Math.max(processes, tasks);
      maxRssBytes = Math.max(maxRssBytes, memory);
      if (memory > limits.memoryBytes) {
        return "memory-limit";
      }
      if (tasks > limits.processes) {
        return "process-limit";
      }
      return cpuMs - cpuBefore > limits.cpuMs ? "cpu-limit" : undefined;
    },
    restartCpu: () => {
      cpuBefore = cpuMs;
    },
    get resources() {
      return samples === 0 ? {} : { maxRssBytes, cpuMs: Math.round(cpuMs), processes };
    },
    get spentCpuMs() {
      return cpuMs - cpuBefore;
    },
    isRunning: () => first !== undefined && readProcessStat(root)?.key === first.key,
    killAll: () => {
      // Frozen first, until nobody new is found: a child whose parent dies too early is lost from sight.
      const frozen = new Set<string>();
      for (let round = 0; round < 100; round += 1) {
        const fresh = look().filter(({ key }) => !frozen.has(key));
        if (fresh.length === 0) {
          break;
        }
        for (const { key, pid } of fresh) {
          send(pid, "SIGSTOP");
          frozen.add(key);
        }
      }
      for (const { pid } of living.values()) {
        send(pid, "SIGKILL");
      }
    },
  };
}

/** Shared pages count once each: looked at only when counting them often passes the limit. */
function memoryOf(tree: readonly ProcessStat[], limit: number): number {
  const resident = tree.reduce((sum, { rssBytes }) => sum + rssBytes, 0);
  return resident <= limit || tree.length === 1
    ? resident
    : tree.reduce((sum, { pid, rssBytes }) => sum + (readProportionalBytes(pid) ?? rssBytes), 0);
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended.
  }
}
