/** Turns ids into vectors, in this process or in workers: what an embedder is built on. */
export interface Encoder {
  /** One row a text, in the order of `texts`. Rejects with the signal's reason when it is aborted. */
  encode(texts: readonly Int32Array[], signal: AbortSignal | undefined): Promise<Float32Array>;
  close(): Promise<void>;
}
