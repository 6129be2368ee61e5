import type { SessionPlan } from "../session/session.ts";
import type { StopFlags } from "./stop-flags.ts";

/** Given to a worker at its start. */
export interface WorkerStart {
  readonly plan: SessionPlan;
  readonly flags: StopFlags;
  /** The worker's place in `flags`. */
  readonly index: number;
}

/** To a worker: embed these, or end. */
export type WorkerRequest =
  | { readonly kind: "embed"; readonly task: number; readonly ids: readonly Int32Array[] }
  | { readonly kind: "end" };

/** From a worker. */
export type WorkerReply =
  | { readonly kind: "ready" }
  | { readonly kind: "vectors"; readonly task: number; readonly vectors: Float32Array }
  /** `task` is absent when the session could not be opened. */
  | { readonly kind: "failed"; readonly task?: number; readonly why: string };
