/** How many runs a runtime has at one time, and how many wait. */
export interface Concurrency {
  readonly runs: number;
  readonly perSkill: number;
  /** Requests that wait at most; one more is refused. */
  readonly queue: number;
}

/** What an application that names no bounds gets. */
export const defaultConcurrency: Concurrency = { runs: 16, perSkill: 8, queue: 256 };

interface Waiting {
  readonly skill: string;
  readonly enter: () => void;
}

/** Lets runs in, first come, first served, a skill that has its fill excepted. */
export class Turnstile {
  readonly #bounds: Concurrency;
  readonly #inside: Map<string, number> = new Map();
  #total: number = 0;
  #waiting: Waiting[] = [];

  constructor(bounds: Concurrency) {
    this.#bounds = bounds;
  }

  /**
   * Waits for a place.
   * @returns how long that took, and what gives the place back; `full` or `cancelled` when there is none
   */
  async enter(
    skill: string,
    signal?: AbortSignal,
  ): Promise<{ readonly queueMs: number; readonly leave: () => void } | "full" | "cancelled"> {
    const began = performance.now();
    if (!this.#hasPlace(skill)) {
      if (this.#waiting.length >= this.#bounds.queue) return "full";
      if (!(await this.#wait(skill, signal))) return "cancelled";
    } else {
      this.#count(skill, 1);
    }
    const leave = (): void => {
      this.#count(skill, -1);
      this.#letIn();
    };
    return { queueMs: performance.now() - began, leave };
  }

  #hasPlace(skill: string): boolean {
    return (
      this.#total < this.#bounds.runs && (this.#inside.get(skill) ?? 0) < this.#bounds.perSkill
    );
  }

  #count(skill: string, change: 1 | -1): void {
    const inside = (this.#inside.get(skill) ?? 0) + change;
    this.#total += change;
    if (inside === 0) this.#inside.delete(skill);
    else this.#inside.set(skill, inside);
  }

  #wait(skill: string, signal: AbortSignal | undefined): Promise<boolean> {
    return new Promise((resolve) => {
      const cancel = (): void => {
        this.#waiting = this.#waiting.filter((one) => one !== waiting);
        resolve(false);
      };
      const waiting: Waiting = {
        skill,
        enter: () => {
          signal?.removeEventListener("abort", cancel);
          resolve(true);
        },
      };
      this.#waiting.push(waiting);
      signal?.addEventListener("abort", cancel, { once: true });
      if (signal?.aborted === true) cancel();
    });
  }

  #letIn(): void {
    const next = this.#waiting.findIndex(({ skill }) => this.#hasPlace(skill));
    const [waiting] = next === -1 ? [] : this.#waiting.splice(next, 1);
    if (waiting !== undefined) {
      this.#count(waiting.skill, 1);
      waiting.enter();
    }
  }
}
