import type { Embedder } from "@clawkeep/embedder";

interface Job {
  readonly texts: readonly string[];
  readonly rows: Float32Array;
  readonly signal: AbortSignal | undefined;
  readonly resolve: (rows: Float32Array) => void;
  readonly reject: (error: unknown) => void;
  next: number;
  left: number;
  failed: boolean;
}

/**
 * Shares one embedder among requests: as many texts are under way as it has sessions, and requests
 * take turns text by text, so that a question does not wait for a batch that came before it. A text gets the
 * same bytes whatever is beside it, so the schedule is never seen in an answer.
 */
export class EmbeddingQueue {
  readonly #embedder: Pick<Embedder, "embed" | "dimensions" | "sessions">;
  readonly #waiting: Job[] = [];
  #underway: number = 0;

  constructor(embedder: Pick<Embedder, "embed" | "dimensions" | "sessions">) {
    this.#embedder = embedder;
  }

  /** Requests that have texts left to begin. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** One row a text, in order. Rejects with the signal's reason, and begins none of its texts after that. */
  async embed(texts: readonly string[], signal?: AbortSignal): Promise<Float32Array> {
    signal?.throwIfAborted();
    const rows = new Float32Array(texts.length * this.#embedder.dimensions);
    if (texts.length === 0) {
      return rows;
    }
    const { promise, resolve, reject } = Promise.withResolvers<Float32Array>();
    const job: Job = {
      texts,
      rows,
      signal,
      resolve,
      reject,
      next: 0,
      left: texts.length,
      failed: false,
    };
    const cancel = (): void => this.#fail(job, signal?.reason);
    signal?.addEventListener("abort", cancel, { once: true });
    this.#waiting.push(job);
    this.#begin();
    try {
      return await promise;
    } finally {
      signal?.removeEventListener("abort", cancel);
    }
  }

  #begin(): void {
    while (this.#underway < this.#embedder.sessions) {
      const job = this.#waiting.shift();
      if (job === undefined) {
        return;
      }
      const place = job.next;
      job.next += 1;
      if (job.next < job.texts.length) {
        this.#waiting.push(job);
      }
      this.#underway += 1;
      void this.#run(job, place);
    }
  }

  async #run(job: Job, place: number): Promise<void> {
    try {
      const { dimensions } = this.#embedder;
      if (!job.failed) {
        job.rows.set(await this.#embedder.embed([job.texts[place] ?? ""]), place * dimensions);
        job.left -= 1;
        if (job.left === 0) {
          job.resolve(job.rows);
        }
      }
    } catch (error) {
      this.#fail(job, error);
    } finally {
      this.#underway -= 1;
      this.#begin();
    }
  }

  #fail(job: Job, error: unknown): void {
    job.failed = true;
    const place = this.#waiting.indexOf(job);
    if (place >= 0) {
      this.#waiting.splice(place, 1);
    }
    job.reject(error);
  }
}
