/** How many requests a second, in the long run and at once. */
export interface Rate {
  readonly perSecond: number;
  readonly burst: number;
}

/** Counts what may still be asked: refills steadily up to its burst. */
export class TokenBucket {
  readonly #rate: Rate;
  readonly #now: () => number;
  #tokens: number;
  #last: number;

  /** @param now Milliseconds from any origin. */
  constructor(rate: Rate, now: () => number = () => performance.now()) {
    this.#rate = rate;
    this.#now = now;
    this.#tokens = rate.burst;
    this.#last = now();
  }

  /** True when one more may be asked now. */
  take(): boolean {
    const time = this.#now();
    const { perSecond, burst } = this.#rate;
    this.#tokens = Math.min(burst, this.#tokens + ((time - this.#last) / 1000) * perSecond);
    this.#last = time;
    if (this.#tokens < 1) {
      return false;
    }
    this.#tokens -= 1;
    return true;
  }
}
