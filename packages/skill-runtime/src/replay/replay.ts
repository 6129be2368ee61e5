import type { ExecutionEnding, RecordedOutput } from "@clawkeep/audit-log";
import type { Finding } from "@clawkeep/diagnostics";
import type { JsonValue } from "@clawkeep/integrity";
import type { SandboxLevel } from "@clawkeep/sandbox";
import type { DeterminismPromise } from "@clawkeep/skill-format";

import type { Refusal } from "../execution.ts";
import type { RawArguments } from "../invocation-request.ts";
import type { RuntimeOptions } from "../open-runtime.ts";
import type { ByteDifference } from "./compare-bytes.ts";

/** Where a run is done again, and what the caller adds to the record. */
export interface ReplayOptions extends RuntimeOptions {
  /** Values that the record has only the keyed digest of. */
  readonly args?: RawArguments;
  /** Folders of roots that are not the contract's defaults: a record never chooses one. */
  readonly roots?: Readonly<Record<string, string>>;
  /** Do again what does more than give an output. */
  readonly allowEffects?: boolean;
  /** A file with the recorded output, where the runtime kept none. */
  readonly recordedOutput?: string;
  readonly signal?: AbortSignal;
}

/** What the end record of one of the two runs says. */
export interface ReplayedEnd {
  readonly ended: ExecutionEnding;
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly level: SandboxLevel | "seatbelt";
  readonly stdout: RecordedOutput;
  readonly stderr: RecordedOutput;
  readonly provenance: Readonly<Record<string, JsonValue>>;
}

/**
 * `equal`: ending, exit code, signal and every byte of the output. `equal-as-promised`: the output
 * differs, and only where the contract says that it may. Standard error does not count.
 */
export type ReplayVerdict = "equal" | "equal-as-promised" | "different";

/** A recorded run that was done again, and how the two compare. */
export interface Replay {
  readonly kind: "replay";
  /** Id of the recorded run. */
  readonly execution: string;
  /** Id of the run that did it again: it has records of its own. */
  readonly replay: string;
  readonly skill: string;
  readonly action: string;
  readonly form: "oneshot" | "resident";
  readonly verdict: ReplayVerdict;
  readonly determinism: DeterminismPromise;
  readonly recorded: ReplayedEnd;
  readonly replayed: ReplayedEnd;
  /** Where the bytes of the recorded output came from; `absent` leaves only digests to compare. */
  readonly recordedBytes: "artifact" | "given" | "same" | "absent";
  /** When the outputs differ and the bytes of both are there. */
  readonly difference?: ByteDifference;
  /** What else was not as it was then. */
  readonly notes: readonly string[];
}

/** Nothing was run, and why. */
export interface ReplayRefusal {
  readonly kind: "refusal";
  readonly execution: string;
  /** `log`: it does not verify. `record`: it cannot be done again. Else as of a run. */
  readonly stage: "log" | "record" | "effects" | Refusal["stage"];
  readonly findings: readonly Finding[];
}
