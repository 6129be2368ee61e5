import { isCodedError } from "@clawkeep/diagnostics";
import { sameHash } from "@clawkeep/integrity";

import { isBlankSlot, parseHead } from "./head.ts";
import type { Head } from "./head.ts";
import type { LogKeys } from "./log-key-chain.ts";

/** What the files of a head come to. */
export interface ChosenHead {
  /** The one with most records, if one is sound, and which file it was. */
  readonly head?: Head;
  readonly index?: number;
  /** What is wrong with those that are neither sound nor blank. */
  readonly problems: readonly HeadProblem[];
}

/** What is wrong with a file of a head. */
export interface HeadProblem {
  readonly code: string;
  readonly message: string;
  /** Two sound heads contradict each other, which no interrupted write can bring about. */
  readonly conflict?: true;
}

/** Chooses among the files of a head: the sound one with most records. */
export function chooseHead(files: readonly Uint8Array[], verifier: LogKeys): ChosenHead {
  const problems: HeadProblem[] = [];
  let chosen: { head: Head; index: number } | undefined;
  for (const [index, bytes] of files.entries()) {
    if (bytes[0] !== 0x7b && isBlankSlot(bytes) && files.length > 1) {
      continue;
    }
    try {
      const head = parseHead(bytes, verifier);
      if (chosen === undefined || head.tree.size > chosen.head.tree.size) {
        chosen = { head, index };
      } else if (
        head.tree.size === chosen.head.tree.size &&
        !sameNote(head.checkpoint, chosen.head.checkpoint)
      ) {
        problems.push({
          code: "AUDIT_HEAD_INCONSISTENT",
          message: `head: expected one head with ${head.tree.size} records, got two that differ`,
          conflict: true,
        });
      }
    } catch (error) {
      problems.push({
        code: isCodedError(error) ? error.code : "AUDIT_HEAD_MALFORMED",
        message: error instanceof Error ? error.message : String(error),
      });
    }
  }
  if (chosen === undefined && problems.length === 0) {
    problems.push({
      code: "AUDIT_HEAD_MISSING",
      message: "expected a head, got no file of one, or blank ones only",
    });
  }
  return { ...chosen, problems };
}

function sameNote(a: string, b: string): boolean {
  return sameHash(Buffer.from(a), Buffer.from(b));
}
