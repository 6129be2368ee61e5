import { isCodedError } from "@clawkeep/diagnostics";
import type { Finding } from "@clawkeep/diagnostics";
import { parseCheckpoint, unverifiedNoteText, verifyNote } from "@clawkeep/integrity";
import type { Checkpoint } from "@clawkeep/integrity";

import { keyAt } from "./log-key-chain.ts";
import type { LogKeys } from "./log-key-chain.ts";

/** Reads a checkpoint of a log that was kept elsewhere: it, or what is wrong with it. */
export function readKnownCheckpoint(note: string, verifier: LogKeys): Checkpoint | Finding {
  try {
    const claimed = parseCheckpoint(unverifiedNoteText(note));
    if (claimed.origin !== verifier.name) {
      const message = `expected a checkpoint of ${verifier.name}, got one of ${JSON.stringify(claimed.origin)}`;
      return error("AUDIT_CHECKPOINT_OTHER_LOG", message);
    }
    verifyNote(note, keyAt(verifier, claimed.size));
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

/** What a log that agrees with a checkpoint cannot show all the same. */
export function rollbackNote(message: string): Finding {
  const hint =
    "Keep a checkpoint where the writer of the log cannot change it, and verify with it.";
  return { code: "AUDIT_ROLLBACK_NOT_EXCLUDED", severity: "note", message, hint };
}

function error(code: string, message: string): Finding {
  return { code, severity: "error", message };
}
