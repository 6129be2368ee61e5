import type { Finding } from "@clawkeep/diagnostics";
import { compactRoot, sameHash } from "@clawkeep/integrity";
import type { Checkpoint, CompactTree } from "@clawkeep/integrity";

import { readKnownCheckpoint, rollbackNote } from "./known-checkpoint.ts";
import type { LogKeys } from "./log-key-chain.ts";
import { splitWitness } from "./split-witness.ts";

/** A checkpoint of a witness, and the line at which it begins, from 1. */
interface Kept {
  readonly line: number;
  readonly known: Checkpoint;
}

/** Compares a log, as it is read, with every checkpoint of a witness. */
export class WitnessWatch {
  readonly #kept: readonly Kept[];
  readonly #problems: readonly Finding[];
  /** By size, for the sizes that some checkpoint has; undefined until the log got there. */
  readonly #roots: Map<number, Uint8Array | undefined>;

  /** @param text All of the witness. */
  constructor(text: string, verifier: LogKeys) {
    const kept: Kept[] = [];
    const problems: Finding[] = [];
    let largest = 0;
    for (const { line, note } of splitWitness(text)) {
      const read = readKnownCheckpoint(note, verifier);
      if (!("origin" in read)) {
        problems.push({ ...read, file: "witness", line });
        continue;
      }
      if (read.size < largest) {
        const message = `expected a checkpoint of at least ${largest} records, as before it, got one of ${read.size}: the log was shorter when it was taken, or somebody moved lines of the witness`;
        problems.push(error("AUDIT_WITNESS_ORDER", message, line));
      }
      largest = Math.max(largest, read.size);
      kept.push({ line, known: read });
    }
    if (kept.length === 0 && problems.length === 0) {
      const message = "expected at least one checkpoint in the witness, got none";
      problems.push(error("AUDIT_WITNESS_EMPTY", message, 1));
    }
    this.#kept = kept;
    this.#problems = problems;
    this.#roots = new Map(kept.map(({ known }) => [known.size, undefined]));
  }

  /** The numbers of records whose tree it has to be told. */
  get sizes(): readonly number[] {
    return [...this.#roots.keys()];
  }

  /** To be told the tree over the first n records, for every n of `sizes`; others do not matter. */
  onTree(tree: CompactTree): void {
    if (this.#roots.has(tree.size)) {
      this.#roots.set(tree.size, compactRoot(tree));
    }
  }

  /**
   * What the comparison says of a log with that many records.
   *
   * @param removed How many of them were removed: checkpoints of no more than these are not compared,
   *   but one at least must be.
   */
  findings(size: number, removed: number = 0): readonly Finding[] {
    const differences = this.#kept.flatMap(({ line, known }): readonly Finding[] => {
      const root = this.#roots.get(known.size);
      if (root === undefined && known.size < removed) {
        return [];
      }
      if (root === undefined) {
        const message = `expected at least the ${known.size} records that the witness saw, got ${size}`;
        return [error("AUDIT_ROLLED_BACK", message, line)];
      }
      if (!sameHash(root, known.root)) {
        const message = `expected the first ${known.size} records to be those that the witness saw, got others`;
        return [error("AUDIT_REWRITTEN", message, line)];
      }
      return [];
    });
    const found = [...this.#problems, ...differences];
    if (found.length === 0 && this.#kept.every(({ known }) => known.size < removed)) {
      const message = `expected a checkpoint of at least ${removed} records in the witness, because those before were removed: none can be compared`;
      return [error("AUDIT_CHECKPOINT_REMOVED", message, 1)];
    }
    if (found.length > 0) {
      return found;
    }
    const last = this.#kept.at(-1)?.known.size ?? 0;
    const message = `cannot exclude a rollback after checkpoint ${last}, the last of the witness: the first ${last} of ${size} records are as they were then`;
    return [rollbackNote(message)];
  }
}

function error(code: string, message: string, line: number): Finding {
  return { code, severity: "error", message, file: "witness", line };
}
