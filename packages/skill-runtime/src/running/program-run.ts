import type { ExecutionEnding } from "@clawkeep/audit-log";
import type {
  Attempt,
  LimitedBy,
  Resources,
  ObservationMechanism,
  Termination,
} from "@clawkeep/sandbox";

/** One stream as it was received, before it is cut for the caller. */
export interface ReceivedStream {
  readonly bytes: Uint8Array;
  readonly truncated: boolean;
}

/** What happened when the program ran, before it is seen against the contract. */
export interface ProgramRun {
  readonly ended: ExecutionEnding;
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly terminatedBy?: Termination;
  readonly durationMs: number;
  /** Of a resident reply: the text of its output, or the output as JSON. */
  readonly stdout: ReceivedStream;
  readonly stderr: ReceivedStream;
  /** Only for a resident reply. */
  readonly reply?: { readonly output: unknown };
  /** Why the run failed, when the program itself did not say so. */
  readonly error?: { readonly code: string; readonly message: string };
  /** What the run used, and what kept its limits; of a resident process: since its start. */
  readonly resources?: Resources;
  readonly limitedBy?: LimitedBy;
  readonly notes: readonly string[];
  readonly attempts?: readonly Attempt[];
  readonly observedBy?: ObservationMechanism;
}
