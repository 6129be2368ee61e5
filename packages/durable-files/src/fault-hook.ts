/** What is about to happen at a step that a {@link FaultHook} is told of. */
export interface FaultDetail {
  /** The file that the step works on. */
  readonly path: string;
  /** For a write: the bytes that are about to be written, and where. */
  readonly bytes?: Uint8Array;
  readonly offset?: number;
}

/**
 * For tests: called before each step that changes the disk, by the step's name
 * (`replace:rename` …). It may throw to act out a failure, or kill the process to act out a crash.
 * Nothing else may depend on it.
 */
export type FaultHook = (step: string, detail: FaultDetail) => void | Promise<void>;

/** An option that every function here takes which changes the disk. */
export interface FaultOption {
  readonly faults?: FaultHook;
}
