/** One step of an indexing run, for whoever watches. Counts never fall within a stage. */
export type IndexProgress =
  /** Files looked at so far; how many there are is not known before the end. */
  | { readonly stage: "scan"; readonly files: number }
  /** Passages embedded, of those that have no vector yet. */
  | { readonly stage: "embed"; readonly done: number; readonly total: number }
  /** The new segment is being written. */
  | { readonly stage: "write"; readonly chunks: number }
  /** The new snapshot is what queries see. */
  | { readonly stage: "publish"; readonly snapshotRoot: string };
