import type { Embedder } from "./embedder.ts";

/** How to open an embedder. */
export interface EmbedderOptions {
  /**
   * Worker threads, each with a single-thread session. 0 runs in the calling process, for one cold
   * query. Default: the number of CPUs that this process may use.
   */
  readonly workers?: number;
  /** Hash the model's files before use (about 20 ms); otherwise only their sizes are checked. Default false. */
  readonly verify?: boolean;
}

/** Opens the packaged model. Call it early and await it late: loading runs beside other work. */
export function openEmbedder(options: EmbedderOptions = {}): Promise<Embedder> {
  return Promise.reject(new Error(`not written yet: ${String(options.workers)}`));
}
