import type { Attempt, ObservationMechanism } from "./attempt.ts";

/** What the observer of a run wrote, understood. */
export interface Journal {
  readonly observedBy: ObservationMechanism;
  readonly attempts: readonly Attempt[];
  /** What a reader should know of the observation itself. */
  readonly notes: readonly string[];
  /** The program was not started, and why. */
  readonly fault?: string;
}
