/**
 * A thread that is ended inside ONNX Runtime takes the process with it (the binding aborts when it cannot
 * make its result). So a worker says when it is in there, and whoever ends it asks it to stop and waits.
 *
 * Element 0: 1 when all have to stop. Element 1 + n: 1 while worker n is in native code.
 */
export type StopFlags = Int32Array<SharedArrayBuffer>;

/** Longest wait for a worker to come out: far more than one text takes. */
const patienceMs = 2000;

export function createStopFlags(workers: number): StopFlags {
  return new Int32Array(new SharedArrayBuffer(4 * (workers + 1)));
}

/** Runs `work` in worker `index`, unless it has to stop: then the result is undefined. */
export function unlessStopped<T>(flags: StopFlags, index: number, work: () => T): T | undefined {
  // First the own flag, then the look at the other's: the other side does it the other way round.
  Atomics.store(flags, index + 1, 1);
  try {
    return Atomics.load(flags, 0) === 1 ? undefined : work();
  } finally {
    Atomics.store(flags, index + 1, 0);
    Atomics.notify(flags, index + 1);
  }
}

/** From now on no worker goes into native code. */
export function stopAll(flags: StopFlags): void {
  Atomics.store(flags, 0, 1);
}

/** Blocks until no worker is in native code: at most the time of one text. */
export function waitUntilStopped(flags: StopFlags): void {
  for (let index = 1; index < flags.length; index += 1) {
    Atomics.wait(flags, index, 1, patienceMs);
  }
}
