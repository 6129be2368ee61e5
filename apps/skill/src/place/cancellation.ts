const signals: readonly NodeJS.Signals[] = ["SIGINT", "SIGTERM", "SIGHUP"];

/**
 * Runs `work` with a signal that Ctrl-C aborts, so that a run ends with its end record. Afterwards
 * this process ends itself by the same signal, as a shell expects; a second one ends it at once.
 */
export async function cancellable(work: (signal: AbortSignal) => Promise<number>): Promise<number> {
  const controller = new AbortController();
  let received: NodeJS.Signals | undefined;
  const stop = (name: NodeJS.Signals): void => {
    received = name;
    for (const one of signals) process.off(one, stop);
    controller.abort(new Error(`cancelled by ${name}`));
  };
  for (const one of signals) process.on(one, stop);
  try {
    return await work(controller.signal);
  } finally {
    for (const one of signals) process.off(one, stop);
    if (received !== undefined) process.kill(process.pid, received);
  }
}
