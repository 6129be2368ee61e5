/** Runs at most so many tasks at a time, in the order in which they were given. */
export type Limiter = <T>(task: () => Promise<T>) => Promise<T>;

/** Makes a {@link Limiter}; `most` below 1 counts as 1. */
export function limiter(most: number): Limiter {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async (task) => {
    if (running >= Math.max(1, most)) {
      await new Promise<void>((resolve) => waiting.push(resolve));
    } else running += 1;
    try {
      return await task();
    } finally {
      // A place that is handed on stays counted.
      const next = waiting.shift();
      if (next === undefined) running -= 1;
      else next();
    }
  };
}
