import type { SessionPlan } from "../session/session.ts";

/** Given to a worker at its start. */
export type WorkerStart = SessionPlan;

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
