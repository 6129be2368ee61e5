/** What the judge reads on its standard input: see judge/main.go. */
export interface Exhibit {
  /** The text of the log's file `verifier`. */
  readonly verifier: string;
  /** Files with the records, in order. */
  readonly log: readonly string[];
  readonly checkpoints: readonly string[];
  readonly proofs: readonly string[];
  readonly consistency: readonly {
    readonly old: number;
    readonly size: number;
    readonly proof: readonly string[];
  }[];
  readonly attestations: readonly string[];
}
