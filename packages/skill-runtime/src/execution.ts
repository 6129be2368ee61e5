import type { Finding } from "@clawkeep/diagnostics";
import type { Attempt, ObservationMechanism, SandboxLevel, Termination } from "@clawkeep/sandbox";
import type { ExitMeaning } from "@clawkeep/skill-format";

/**
 * `valid` is what the contract declares: UTF-8 text, or JSON that its schema takes. `unchecked`: the
 * run failed, so that its output does not count.
 */
export type OutputState = "valid" | "invalid" | "truncated" | "unchecked";

/** What one run came to. A failing program, a timeout or invalid output is such a value. */
export interface Execution {
  readonly kind: "execution";
  /** Id that both audit records carry. */
  readonly id: string;
  readonly skill: string;
  readonly action: string;
  readonly form: "oneshot" | "resident";
  readonly level: SandboxLevel;
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly terminatedBy?: Termination;
  /** By the contract. A code that it does not list, and a run that was killed, is a failure. */
  readonly meaning: ExitMeaning;
  /** True only when the meaning is `done` or `no`, nothing was killed and the output was accepted. */
  readonly ok: boolean;
  readonly output: OutputState;
  /** Why the output is invalid or truncated. */
  readonly outputFindings: readonly Finding[];
  /** Bytes of standard output (of the `output` member for a resident reply), at most `maxBytes`. */
  readonly stdout: Uint8Array;
  /** The parsed output, when the contract says JSON and it parsed. */
  readonly json?: unknown;
  /** The first 65,536 bytes. A resident process's is not told apart by request, and is here only when it died. */
  readonly stderr: Uint8Array;
  /** Absolute path of the whole output, when it was truncated. */
  readonly artifact?: string;
  /** Milliseconds that the request waited for its turn before. */
  readonly queueMs?: number;
  /** From spawn (or from sending the request) to the end, in milliseconds. */
  readonly durationMs: number;
  /** Values that the contract's `provenance` pointers found in the output. */
  readonly provenance: Readonly<Record<string, unknown>>;
  /** Why the run failed when the program did not say so itself, such as a broken resident protocol. */
  readonly error?: { readonly code: string; readonly message: string };
  readonly notes: readonly string[];
  /** What the program tried. Only for a run that a test asked to observe and that could be. */
  readonly attempts?: readonly Attempt[];
  readonly observedBy?: ObservationMechanism;
}

/** Nothing was run, and why. */
export interface Refusal {
  readonly kind: "refusal";
  /** The step that said no. */
  readonly stage: "lock" | "contract" | "arguments" | "roots" | "sandbox" | "secrets" | "queue";
  /** The locked skill's name. Not there while it is only what the request says. */
  readonly skill?: string;
  /** The name of an action of its contract. Not there while it is only what the request says. */
  readonly action?: string;
  readonly findings: readonly Finding[];
}
