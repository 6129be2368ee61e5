import type { PeerWorker, WorkerStart } from "../workers/start-worker.ts";
import { startWorker } from "../workers/start-worker.ts";

/** Workers that start when they are first asked for, and all end together. */
export class WorkersOf {
  readonly #running = new Map<string, PeerWorker>();

  /** The worker of a name; `start` is called when there is none yet. */
  get(name: string, start: () => WorkerStart): PeerWorker {
    const running = this.#running.get(name) ?? startWorker(start());
    this.#running.set(name, running);
    return running;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#running.values()].map((worker) => worker.close()));
    this.#running.clear();
  }
}
