import type { CodedError } from "@clawkeep/diagnostics";

import type { LevelReport, SandboxLevel } from "./level.ts";
import type { Journal } from "./observe/journal.ts";
import type { LimitedBy } from "./outcome.ts";
import type { ExecutionPolicy } from "./policy.ts";

/**
 * What a descriptor of the child is: bytes to read to the end, or an open descriptor of ours. A
 * `gate` gets its bytes only when `status` has named the process inside, and never when the run has
 * been ended before: the driver sees to it that nothing runs without them.
 */
export type GivenDescriptor =
  | { readonly kind: "bytes"; readonly bytes: Uint8Array }
  | { readonly kind: "gate"; readonly bytes: Uint8Array }
  | { readonly kind: "open"; readonly descriptor: number }
  | { readonly kind: "status" }
  | { readonly kind: "journal" };

/** A policy turned into one spawn. */
export interface Launch {
  readonly file: string;
  readonly arg0: string;
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Descriptors 3, 4, … of the child. At most one is `status`. */
  readonly descriptors: readonly GivenDescriptor[];
  /** Reads from the status the host's process id of the outermost process inside, once it is there. */
  readonly insidePid: (status: string) => number | undefined;
  /**
   * Given what the child wrote to its `status` descriptor, says whether the program itself ran.
   * Asked only when nothing of ours killed it.
   */
  readonly programRan: (status: string) => boolean;
  /** For an observed run: understands what was written to the `journal` descriptor. */
  readonly readJournal?: (journal: string, status: string) => Journal;
  /** True when that process leads a group of its own which nothing inside can leave. */
  readonly insideGroup?: true;
  /** Why the program did not run, when the status tells. */
  readonly setupFault?: (status: string) => CodedError;
  /** What the status tells a reader of the record once everything has ended, with this exit code. */
  readonly notesAtEnd?: (status: string, exitCode: number | null) => readonly string[];
  /** True when whatever else this process inherited is closed before the program starts. */
  readonly closesDescriptors: boolean;
  /** Limits that the launch itself sets. */
  readonly limitedBy: LimitedBy;
  readonly notes: readonly string[];
  /** Closes what was opened and removes what was written for this launch. */
  readonly dispose: () => void;
}

/** One way to confine a process. A new level is one more of these in `drivers.ts`. */
export interface Driver {
  readonly level: SandboxLevel;
  /** Tries the level for real. Never rejects. */
  detect(): Promise<LevelReport>;
  /**
   * @throws CodedError SANDBOX_POLICY_REFUSED, SANDBOX_ROOT_MISSING, SANDBOX_DIGEST_MISMATCH,
   * SANDBOX_EXECUTABLE_MISSING. Whatever it opened is closed when it throws.
   */
  prepare(policy: ExecutionPolicy): Promise<Launch>;
}
