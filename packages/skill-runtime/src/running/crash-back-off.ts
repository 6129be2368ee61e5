/** A first crash costs nothing: any program may have one. */
const firstPauseMs = 250;
const longestPauseMs = 30_000;

/**
 * How long a program that crashes again and again has to wait until it is started again: nothing after
 * the first crash in a row, then 250 ms, then twice as long each time, up to 30 s.
 */
export class CrashBackOff {
  readonly #now: () => number;
  #crashes: number = 0;
  #notBefore: number = 0;

  /** @param now Milliseconds of a clock that never goes back. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Crashes in a row. */
  get crashes(): number {
    return this.#crashes;
  }

  /** Milliseconds until it may be started. */
  get leftMs(): number {
    return Math.max(0, this.#notBefore - this.#now());
  }

  /** It ended without being told to, or did not keep to the protocol. */
  crashed(): void {
    this.#crashes += 1;
    if (this.#crashes > 1) {
      const pause = Math.min(firstPauseMs * 2 ** (this.#crashes - 2), longestPauseMs);
      this.#notBefore = this.#now() + pause;
    }
  }

  /** It answered as it should. */
  worked(): void {
    this.#crashes = 0;
    this.#notBefore = 0;
  }
}
