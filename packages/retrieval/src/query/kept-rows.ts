import type { ChunkRow } from "@clawkeep/segment";

/** Where a chunk is: segment of the index, chunk of the segment. */
export interface ChunkPlace {
  readonly segment: number;
  readonly chunk: number;
}

/** Passages that are kept: about 4 kB each with their sentences, so 2 MB at most for an index. */
const mostRows = 512;
/** More chunks than a segment can have. */
const segmentStep: number = 2 ** 32;

/**
 * The rows that questions found last. A process that stays reads a passage once while it is found again
 * and again; what {@link passageText} made of it is kept as long as its row.
 */
export class KeptRows {
  readonly #rows: Map<number, ChunkRow> = new Map();

  /** The row of a chunk, read when it is not kept. */
  row({ segment, chunk }: ChunkPlace, read: () => ChunkRow): ChunkRow {
    const key = segment * segmentStep + chunk;
    const kept = this.#rows.get(key);
    const row = kept ?? read();
    if (kept !== undefined) {
      // Behind those that were asked for before it.
      this.#rows.delete(key);
    } else if (this.#rows.size >= mostRows) {
      const oldest = this.#rows.keys().next();
      if (oldest.done !== true) {
        this.#rows.delete(oldest.value);
      }
    }
    this.#rows.set(key, row);
    return row;
  }
}
