import type { LimitedBy, Resources } from "../outcome.ts";
import type { Limits } from "../policy.ts";
import { watchdog } from "./watchdog.ts";
import type { Excess, Watchdog } from "./watchdog.ts";

/** Looks at a run again and again until it ends. */
export interface LimitKeeper {
  /** Starts to look, at the process whose tree is the run. */
  begin(pid: number): void;
  /** A request has come: processor time counts from here, and the run is looked at more often. */
  wake(): void;
  /** Looks for the last time. */
  end(): void;
  /** Kills whoever was seen and is still there. */
  killAll(): void;
  readonly resources: Resources;
  readonly limitedBy: LimitedBy;
}

/** Short runs are seen too: the first look comes soon, and the later ones are this far apart. */
const FIRST_MS = 4;
const BUSY_MS = 50;
/** A run that uses no processor time is looked at less often. */
const IDLE_MS = 250;

/** Calls `exceeded` once, with the first limit that a sum over the run passes. */
export function keepLimits(limits: Required<Limits>, exceeded: (why: Excess) => void): LimitKeeper {
  let dog: Watchdog | undefined;
  let timer: NodeJS.Timeout | undefined;
  let wait = FIRST_MS;
  let over = process.platform !== "linux";
  let cpuMs = 0;

  const schedule = (): void => {
    clearTimeout(timer);
    timer = over ? undefined : setTimeout(look, wait).unref();
  };
  const look = (): void => {
    const excess = dog?.sample();
    if (excess !== undefined) {
      over = true;
      exceeded(excess);
      return;
    }
    const used = dog?.resources.cpuMs ?? 0;
    wait = Math.min(wait * 2, used > cpuMs ? BUSY_MS : IDLE_MS);
    cpuMs = used;
    schedule();
  };

  return {
    begin: (pid) => {
      if (!over && dog === undefined) {
        dog = watchdog(pid, limits);
        schedule();
      }
    },
    wake: () => {
      dog?.restartCpu();
      if (wait > BUSY_MS) {
        wait = BUSY_MS;
        schedule();
      }
    },
    end: () => {
      over = true;
      clearTimeout(timer);
    },
    killAll: () => dog?.killAll(),
    get resources() {
      return dog?.resources ?? {};
    },
    get limitedBy(): LimitedBy {
      return dog === undefined ? {} : watched;
    },
  };
}

const watched: LimitedBy = { memory: "watchdog", cpu: "watchdog", processes: "watchdog" };
