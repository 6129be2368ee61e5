import type { Finding } from "@clawkeep/diagnostics";
import { compactRoot, sameHash } from "@clawkeep/integrity";
import type { Checkpoint, CompactTree } from "@clawkeep/integrity";

import { readKnownCheckpoint, rollbackNote } from "./known-checkpoint.ts";
import type { LogKeys } from "./log-key-chain.ts";

/** Compares a log, as it is read, with a checkpoint that was kept elsewhere. */
export class CheckpointWatch {
  readonly #known: Checkpoint | undefined;
  readonly #problem: Finding | undefined;
  #root: Uint8Array | undefined;

  /** @param note The signed checkpoint, if there is one. */
  constructor(note: string | undefined, verifier: LogKeys) {
    if (note !== undefined) {
      const read = readKnownCheckpoint(note, verifier);
      if ("origin" in read) {
        this.#known = read;
      } else {
        this.#problem = read;
      }
    }
  }

  /** The numbers of records whose tree it has to be told. */
  get sizes(): readonly number[] {
    return this.#known === undefined ? [] : [this.#known.size];
  }

  /** To be told the tree over the first n records, for every n of `sizes`; others do not matter. */
  onTree(tree: CompactTree): void {
    if (tree.size === this.#known?.size) {
      this.#root = compactRoot(tree);
    }
  }

  /**
   * What the comparison says of a log with that many records.
   *
   * @param removed How many of them were removed.
   */
  findings(size: number, removed: number = 0): readonly Finding[] {
    const known = this.#known;
    if (known === undefined) {
      const message = `cannot exclude a rollback after checkpoint ${size}, or an earlier one: no checkpoint kept elsewhere was compared`;
      const note = rollbackNote(message);
      return this.#problem === undefined ? [note] : [this.#problem, note];
    }
    if (this.#root === undefined && known.size < removed) {
      const message = `expected a checkpoint of at least ${removed} records, because those before were removed, got one of ${known.size}: it cannot be compared`;
      return [error("AUDIT_CHECKPOINT_REMOVED", message)];
    }
    if (this.#root === undefined) {
      const message = `expected at least the ${known.size} records of the checkpoint given, got ${size}`;
      return [error("AUDIT_ROLLED_BACK", message)];
    }
    if (!sameHash(this.#root, known.root)) {
      const message = `expected the first ${known.size} records to be those of the checkpoint given, got others`;
      return [error("AUDIT_REWRITTEN", message)];
    }
    const message = `cannot exclude a rollback after checkpoint ${known.size}, the one given: the first ${known.size} of ${size} records are as they were then`;
    return [rollbackNote(message)];
  }
}

function error(code: string, message: string): Finding {
  return { code, severity: "error", message };
}
