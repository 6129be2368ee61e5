/** What one caller may use within any minute. */
export interface Budget {
  readonly calls: number;
  /** Milliseconds of work, summed over calls. */
  readonly workMs: number;
  /** Bytes of requests and replies together. */
  readonly bytes: number;
}

/** What one call used. */
export interface Use {
  readonly workMs: number;
  readonly bytes: number;
}

const windowMs = 60_000;
/** Callers that are remembered; beyond it those that were quiet longest are forgotten. */
const mostCallers = 1024;

interface Spent {
  readonly at: number;
  workMs: number;
  bytes: number;
}

/** Sums per caller over the last minute. A caller is whatever the service authenticated. */
export class CallerBudgets {
  readonly #budget: Budget;
  readonly #now: () => number;
  readonly #spent: Map<string, Spent[]> = new Map();

  /** @param now Milliseconds from any origin. */
  constructor(budget: Budget, now: () => number = () => performance.now()) {
    this.#budget = budget;
    this.#now = now;
  }

  /**
   * Counts a call that begins.
   *
   * @returns what to call with the use when it has ended, or which bound is reached
   */
  begin(caller: string): ((use: Use) => void) | keyof Budget {
    const at = this.#now();
    const recent = (this.#spent.get(caller) ?? []).filter((spent) => spent.at > at - windowMs);
    const sum = (what: "workMs" | "bytes"): number =>
      recent.reduce((total, spent) => total + spent[what], 0);
    if (recent.length >= this.#budget.calls) return "calls";
    if (sum("workMs") >= this.#budget.workMs) return "workMs";
    if (sum("bytes") >= this.#budget.bytes) return "bytes";
    const spent: Spent = { at, workMs: 0, bytes: 0 };
    recent.push(spent);
    // Put last again, so that the first is the one that was quiet longest.
    this.#spent.delete(caller);
    this.#spent.set(caller, recent);
    const [oldest] = this.#spent.keys();
    if (this.#spent.size > mostCallers && oldest !== undefined) this.#spent.delete(oldest);
    return (use) => {
      spent.workMs += use.workMs;
      spent.bytes += use.bytes;
    };
  }
}
