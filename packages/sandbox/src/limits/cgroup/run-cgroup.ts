import { readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { mkdir, readdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";

import { processTree } from "../process-tree.ts";
import type { SummedLimits } from "../watchdog.ts";
import type { CgroupPlace } from "./find-place.ts";
import { isAbandoned, newGroupName } from "./group-names.ts";

/** What a group has used since its processes came into it. */
export interface GroupUsage {
  /** Memory that belongs to no file on a disk: what cannot be taken back from the processes. */
  readonly memoryBytes: number;
  readonly cpuMs: number;
  /** Most tasks at one time. */
  readonly processes: number;
  /** How many processes the kernel killed because the group had all its memory. */
  readonly killed: number;
  /** How often the kernel refused another task. */
  readonly refused: number;
}

/** The control group of one run. */
export interface RunCgroup {
  usage(): GroupUsage;
  /** Kills all that are inside; nobody can be added meanwhile. */
  killAll(): void;
  /** Waits for the last to die, for some seconds at most. What stays is the next run's to clear. */
  remove(): Promise<void>;
}

/** More rounds than a program that forks all the time needs to be caught. */
const ROUNDS = 20;
const REMOVAL_MS = 10_000;
const AWAITED_MS = 200;

/**
 * Makes a group with these limits and moves the processes below `root` into it. To move the first one takes
 * the kernel about ten milliseconds when nobody has done so lately; the run goes on meanwhile. `isRunning` is
 * asked before each look at the processes: the number of one that has ended may be a stranger's.
 */
export async function enterCgroup(
  place: CgroupPlace,
  root: number,
  limits: SummedLimits,
  isRunning: () => boolean,
): Promise<RunCgroup | "ended" | "refused"> {
  const folders = [...new Set([place.memory, place.processes, place.cpu])];
  const name = newGroupName();
  const group = runCgroup(place, name);
  try {
    for (const folder of folders) {
      await mkdir(path.join(folder, name), { mode: 0o700 });
    }
    for (const [folder, file, value, isOptional] of settings(place, limits)) {
      await writeFile(path.join(folder, name, file), value, { flag: "r+" }).catch(
        (error: unknown) => {
          if (isOptional !== true) {
            throw error;
          }
        },
      );
    }
    const files = folders.map((folder) => path.join(folder, name, "cgroup.procs"));
    if (await moveAll(files, root, isRunning)) {
      return group;
    }
    await group.remove();
    return "ended";
  } catch {
    // Not ours to write after all.
    await group.remove();
    return "refused";
  }
}

/** Removes the groups whose owner was killed, with whoever is still inside. */
export async function clearAbandonedGroups(place: CgroupPlace): Promise<void> {
  const names = new Set<string>();
  for (const folder of new Set([place.memory, place.processes, place.cpu])) {
    for (const name of await readdir(folder).catch(() => [])) {
      if (isAbandoned(name)) {
        names.add(name);
      }
    }
  }
  for (const name of names) {
    const group = runCgroup(place, name);
    group.killAll();
    await group.remove();
  }
}

type Setting = readonly [folder: string, file: string, value: string, isOptional?: true];

function settings(place: CgroupPlace, limits: SummedLimits): readonly Setting[] {
  const memory = String(limits.memoryBytes);
  // One more than allowed, so that whoever takes it can be seen to.
  const processes = String(limits.processes + 1);
  return place.version === 2
    ? [
        [place.memory, "memory.max", memory],
        [place.memory, "memory.swap.max", "0", true],
        [place.memory, "memory.oom.group", "1", true],
        [place.processes, "pids.max", processes],
      ]
    : [
        [place.memory, "memory.limit_in_bytes", memory],
        // With swap; absent where the kernel does not count that.
        [place.memory, "memory.memsw.limit_in_bytes", memory, true],
        [place.processes, "pids.max", processes],
      ];
}

/** Until a look finds nobody outside: a process that is inside has its children inside. */
async function moveAll(
  files: readonly string[],
  root: number,
  isRunning: () => boolean,
): Promise<boolean> {
  const inside = new Set<string>();
  for (let round = 0; round < ROUNDS && isRunning(); round += 1) {
    const outside = processTree([root]).filter(({ key }) => !inside.has(key));
    if (outside.length === 0) {
      return inside.size > 0;
    }
    for (const { pid, key } of outside) {
      inside.add(key);
      for (const file of files) {
        await writeFile(file, String(pid), { flag: "r+" }).catch((error: unknown) => {
          // It may have ended; anything else is our fault.
          if ((error as NodeJS.ErrnoException).code !== "ESRCH") {
            throw error;
          }
        });
      }
    }
  }
  return false;
}

function runCgroup(place: CgroupPlace, name: string): RunCgroup {
  const at = (folder: string, file: string): string => path.join(folder, name, file);
  const text = (file: string): string => {
    try {
      return readFileSync(file, "utf8");
    } catch {
      return "";
    }
  };
  const field = (file: string, key: string): number =>
    Number(new RegExp(`^${key} (\\d+)$`, "mu").exec(text(file))?.[1] ?? 0);
  const killRound = (): boolean => {
    // Who cannot be seen from here has the number 0, which would mean us.
    const pids = text(at(place.processes, "cgroup.procs"))
      .split("\n")
      .map(Number)
      .filter((pid) => pid > 1);
    for (const pid of pids) {
      try {
        process.kill(pid, "SIGKILL");
      } catch {
        // It has ended.
      }
    }
    return pids.length > 0;
  };
  return {
    usage: () => {
      const [anonymous, shared, events, cpuMs] =
        place.version === 2
          ? ["anon", "shmem", "memory.events", field(at(place.cpu, "cpu.stat"), "usage_usec") / 1e3]
          : [
              "rss",
              "shmem",
              "memory.oom_control",
              Number(text(at(place.cpu, "cpuacct.usage"))) / 1e6,
            ];
      const stat = at(place.memory, "memory.stat");
      return {
        memoryBytes: field(stat, anonymous) + field(stat, shared),
        cpuMs,
        processes: Math.max(
          Number(text(at(place.processes, "pids.current"))),
          Number(text(at(place.processes, "pids.peak"))),
        ),
        killed: field(at(place.memory, events), "oom_kill"),
        refused: field(at(place.processes, "pids.events"), "max"),
      };
    },
    killAll: () => {
      try {
        writeFileSync(at(place.processes, "pids.max"), "0", { flag: "r+" });
      } catch {
        // Then whoever forks faster than it is killed is found by a later round.
      }
      for (let round = 0; round < ROUNDS && killRound(); round += 1);
    },
    remove: async () => {
      const began = performance.now();
      let left = [...new Set([place.memory, place.processes, place.cpu])];
      for (let wait = 2; ; wait = Math.min(wait * 2, 250)) {
        left = left.filter((folder) => !isRemoved(path.join(folder, name)));
        const waited = performance.now() - began;
        if (left.length === 0 || waited > REMOVAL_MS) {
          return;
        }
        // Nobody's exit waits for a process that cannot die yet.
        await pause(wait, undefined, { ref: waited < AWAITED_MS });
      }
    },
  };
}

function isRemoved(folder: string): boolean {
  try {
    rmdirSync(folder);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ENOENT";
  }
}
