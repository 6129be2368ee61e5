import type { Attempt } from "./attempt.ts";

/** What the observer of a run wrote, understood. */
export interface Journal {
  readonly attempts: readonly Attempt[];
  /** What a reader should know of the observation itself. */
  readonly notes: readonly string[];
  /** The program was not started, and why. */
  readonly fault?: string;
}
