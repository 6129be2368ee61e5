import { setTimeout as pause } from "node:timers/promises";

/** What a pace looks at: milliseconds since any moment, and processor time of the whole process in them. */
export interface PaceClock {
  readonly elapsedMs: () => number;
  readonly usedMs: () => number;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** Used ahead of time before a pace begins to sleep: less would sleep for nothing. */
const creditMs = 100;
/** Longest sleep before another look. */
const lookMs = 100;

/**
 * Keeps a process to so many processors on average, from now on: whoever awaits the function before
 * each piece of work sleeps until the time that all threads used is paid. Work that was handed out
 * goes on meanwhile, so the share is exact over seconds, not within them.
 */
export function cpuPace(
  processors: number,
  signal: AbortSignal,
  clock: PaceClock = processClock(),
): () => Promise<void> {
  return async () => {
    for (;;) {
      const debt = clock.usedMs() / processors - clock.elapsedMs();
      if (debt <= creditMs || signal.aborted) {
        return;
      }
      await clock.sleep(Math.min(debt, lookMs), signal);
    }
  };
}

function processClock(): PaceClock {
  const started = performance.now();
  const used = process.cpuUsage();
  return {
    elapsedMs: () => performance.now() - started,
    usedMs: () => {
      const { user, system } = process.cpuUsage(used);
      return (user + system) / 1000;
    },
    sleep: async (ms, signal) => {
      await pause(ms, undefined, { signal }).catch(() => undefined);
    },
  };
}
