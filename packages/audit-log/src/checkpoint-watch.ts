import { isCodedError } from "@clawkeep/diagnostics";
import type { Finding } from "@clawkeep/diagnostics";
import {
  compactRoot,
  parseCheckpoint,
  sameHash,
  unverifiedNoteText,
  verifyNote,
} from "@clawkeep/integrity";
import type { Checkpoint, CompactTree, NoteVerifier } from "@clawkeep/integrity";

/** Compares a log, as it is read, with a checkpoint that was kept elsewhere. */
export class CheckpointWatch {
  readonly #known: Checkpoint | undefined;
  readonly #problem: Finding | undefined;
  #root: Uint8Array | undefined;

  /** @param note The signed checkpoint, if there is one. */
  constructor(note: string | undefined, verifier: NoteVerifier) {
    if (note !== undefined) {
      const read = readCheckpoint(note, verifier);
      if ("origin" in read) {
        this.#known = read;
      } else {
        this.#problem = read;
      }
    }
  }

  /** To be told the tree over the first n records, for every n from 0. */
  onTree(tree: CompactTree): void {
    if (tree.size === this.#known?.size) {
      this.#root = compactRoot(tree);
    }
  }

  /** What the comparison says of a log with that many records. */
  findings(size: number): readonly Finding[] {
    const known = this.#known;
    if (known === undefined) {
      const message = `cannot exclude a rollback after checkpoint ${size}, or an earlier one: no checkpoint kept elsewhere was compared`;
      const note = rollbackNote(message);
      return this.#problem === undefined ? [note] : [this.#problem, note];
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

function readCheckpoint(note: string, verifier: NoteVerifier): Checkpoint | Finding {
  try {
    const claimed = parseCheckpoint(unverifiedNoteText(note));
    if (claimed.origin !== verifier.name) {
      const message = `expected a checkpoint of ${verifier.name}, got one of ${JSON.stringify(claimed.origin)}`;
      return error("AUDIT_CHECKPOINT_OTHER_LOG", message);
    }
    verifyNote(note, verifier);
    return claimed;
  } catch (cause) {
    const signature =
      isCodedError(cause) && (cause.code === "NOTE_SIGNATURE" || cause.code === "NOTE_UNSIGNED");
    const code = signature ? "AUDIT_CHECKPOINT_SIGNATURE" : "AUDIT_CHECKPOINT_MALFORMED";
    return error(
      code,
      `checkpoint given: ${cause instanceof Error ? cause.message : String(cause)}`,
    );
  }
}

function rollbackNote(message: string): Finding {
  const hint =
    "Keep a checkpoint where the writer of the log cannot change it, and verify with it.";
  return { code: "AUDIT_ROLLBACK_NOT_EXCLUDED", severity: "note", message, hint };
}

function error(code: string, message: string): Finding {
  return { code, severity: "error", message };
}
