import { Worker } from "node:worker_threads";

/** Milliseconds between two looks at who the parent is. */
const interval = 200;

/**
 * Ends this process when its parent is gone. It must be a thread: a step of SQLite keeps this one busy
 * for as long as it takes, and a parent that was killed cannot kill.
 *
 * @param parent Its process id, as it says itself: it may be gone before this process looks
 */
export function endWithParent(parent: number): void {
  const watch =
    `const look = () => process.ppid === ${String(parent)} || process.kill(process.pid, "SIGKILL");` +
    `look(); setInterval(look, ${String(interval)});`;
  new Worker(watch, { eval: true }).unref();
}
