import { setTimeout as pause } from "node:timers/promises";

/** Sleeps, or ends early, without an error, when the signal says so. */
export type Wait = (ms: number, signal: AbortSignal) => Promise<void>;

/** Lets one run through for any number of changes, once they have come to rest. */
export interface ChangeGate {
  /** Something may have changed. */
  readonly mark: () => void;
  /**
   * Waits for a change, and then until nothing more comes for a moment. What is marked after it
   * resolved counts for the next time.
   *
   * @param atLatest Milliseconds after which it resolves without a change; undefined for never.
   * @param restMs Not to resolve sooner than so long from now.
   */
  readonly next: (
    signal: AbortSignal,
    atLatest: number | undefined,
    restMs: number,
  ) => Promise<void>;
}

/** An editor's save and a checkout of a few files are over by then. */
const settledMs = 200;
/** So many times the settling time a stream of changes may hold up a run. */
const mostRounds = 10;

/** A gate that is shut until something is marked. */
export function changeGate(wait: Wait = sleep): ChangeGate {
  let marks = 0;
  let seen = 0;
  let wake: (() => void) | undefined;
  const marked = async (signal: AbortSignal, atLatest: number | undefined): Promise<void> => {
    using ended = endedBy(signal);
    const change = new Promise<void>((resolve) => {
      wake = resolve;
      if (marks > seen) {
        resolve();
      }
    });
    const limit = atLatest === undefined ? [] : [wait(atLatest, ended.signal)];
    await Promise.race([change, ended.happened, ...limit]);
    wake = undefined;
  };
  return {
    mark: () => {
      marks += 1;
      wake?.();
    },
    next: async (signal, atLatest, restMs) => {
      const rested = restMs > 0 ? wait(restMs, signal) : undefined;
      await marked(signal, atLatest);
      await rested;
      for (let round = 0; round < mostRounds && !signal.aborted; round += 1) {
        const before = marks;
        if (before > seen) {
          await wait(settledMs, signal);
        }
        if (marks === before) {
          break;
        }
      }
      seen = marks;
    },
  };
}

/** A signal that is over with the scope, so that what waits for it is, too. */
function endedBy(signal: AbortSignal): {
  readonly signal: AbortSignal;
  readonly happened: Promise<void>;
  [Symbol.dispose](): void;
} {
  const own = new AbortController();
  let resolve: (() => void) | undefined;
  const happened = new Promise<void>((done) => (resolve = done));
  const end = (): void => {
    own.abort();
    resolve?.();
  };
  signal.addEventListener("abort", end);
  if (signal.aborted) {
    end();
  }
  return {
    signal: own.signal,
    happened,
    [Symbol.dispose]: () => {
      signal.removeEventListener("abort", end);
      own.abort();
    },
  };
}

async function sleep(ms: number, signal: AbortSignal): Promise<void> {
  await pause(ms, undefined, { signal }).catch(() => undefined);
}
