import type { LimitedBy, Resources } from "../outcome.ts";
import type { Limits } from "../policy.ts";
import { watchGroup } from "./cgroup/group-watch.ts";
import type { GroupWatch } from "./cgroup/group-watch.ts";
import { forgetCgroupPlace, ownCgroupPlace } from "./cgroup/own-place.ts";
import { enterCgroup } from "./cgroup/run-cgroup.ts";
import type { RunCgroup } from "./cgroup/run-cgroup.ts";
import { watchdog } from "./watchdog.ts";
import type { Excess, Watchdog } from "./watchdog.ts";

/** Looks at a run again and again until it ends. */
export interface LimitKeeper {
  /** Starts to look, at the process whose tree is the run. */
  begin(pid: number): void;
  /** A request has come: processor time counts from here, and the run is looked at more often. */
  wake(): void;
  /** Looks for the last time. Says so when the kernel has ended something because its memory was used up. */
  end(): Excess | undefined;
  /** Kills whoever was seen and is still there. */
  killAll(): void;
  /** After the end: gives back what was made for the run. */
  dispose(): Promise<void>;
  readonly resources: Resources;
  /** What keeps the sums, beside the limits that the launch has set by itself. */
  limitedBy(launch: LimitedBy): LimitedBy;
}

/** Short runs are seen too: the first look comes soon, and the later ones are this far apart. */
const FIRST_MS = 4;
const BUSY_MS = 50;
/** A run that uses no processor time is looked at less often. */
const IDLE_MS = 250;

/**
 * Calls `exceeded` once, with the first limit that a sum over the run passes. A run that is still there
 * at the first look goes into a control group where one can be made; until it is inside, and where none
 * can, the watchdog looks.
 */
export function keepLimits(limits: Required<Limits>, exceeded: (why: Excess) => void): LimitKeeper {
  let dog: Watchdog | undefined;
  let group: RunCgroup | undefined;
  let watch: GroupWatch | undefined;
  let entering: Promise<void> | undefined;
  let root = 0;
  let timer: NodeJS.Timeout | undefined;
  let wait = FIRST_MS;
  let over = process.platform !== "linux";
  let cpuMs = 0;

  const schedule = (): void => {
    clearTimeout(timer);
    timer = over ? undefined : setTimeout(look, wait).unref();
  };
  const look = (): void => {
    const excess = (watch ?? dog)?.sample();
    if (excess !== undefined) {
      over = true;
      exceeded(excess);
      return;
    }
    entering ??= enter();
    const used = (watch ?? dog)?.resources.cpuMs ?? 0;
    wait = Math.min(wait * 2, used > cpuMs ? BUSY_MS : IDLE_MS);
    cpuMs = used;
    schedule();
  };
  const enter = async (): Promise<void> => {
    const [place, before] = [ownCgroupPlace(), dog];
    if (place === undefined || before === undefined) {
      return;
    }
    const entered = await enterCgroup(place, root, limits, () => !over && before.isRunning());
    if (entered === "refused") {
      forgetCgroupPlace();
    } else if (entered !== "ended") {
      group = entered;
      watch = watchGroup(entered, limits, before);
    }
  };

  return {
    begin: (pid) => {
      if (!over && dog === undefined) {
        root = pid;
        dog = watchdog(pid, limits);
        schedule();
      }
    },
    wake: () => {
      dog?.restartCpu();
      watch?.restartCpu();
      if (wait > BUSY_MS) {
        wait = BUSY_MS;
        schedule();
      }
    },
    end: () => {
      over = true;
      clearTimeout(timer);
      return watch?.sample() === "memory-limit" ? "memory-limit" : undefined;
    },
    killAll: () => {
      group?.killAll();
      dog?.killAll();
    },
    dispose: async () => {
      await entering;
      // The run is over: whoever is still inside was left behind.
      group?.killAll();
      await group?.remove();
    },
    get resources() {
      return (watch ?? dog)?.resources ?? {};
    },
    limitedBy: (launch) => ({
      ...(dog === undefined ? {} : watched),
      ...launch,
      ...(watch === undefined ? {} : grouped),
    }),
  };
}

const watched: LimitedBy = { memory: "watchdog", cpu: "watchdog", processes: "watchdog" };
const grouped: LimitedBy = { memory: "cgroup", cpu: "cgroup", processes: "cgroup" };
