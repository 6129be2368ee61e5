import type { Rate } from "../limits/token-bucket.ts";

/** Answers one method. Its output is serialised; its errors with a code are told. */
export type LineMethod = (input: unknown, signal: AbortSignal) => Promise<unknown>;

/** Bounds of a service; each has a default that is generous for one user. */
export interface LineLimits {
  /** Longest request. */
  readonly lineBytes: number;
  readonly connections: number;
  /** Requests under way at one time, of one connection and of all. */
  readonly inFlight: number;
  readonly inFlightOfAll: number;
  readonly rate: Rate;
  /** Milliseconds in which a line that was begun has to end. */
  readonly partialMs: number;
  /** Milliseconds after which a connection that asks nothing is closed. */
  readonly quietMs: number;
  /** Bytes of replies that a client may leave unread. */
  readonly unreadBytes: number;
}

/** What is used where a service sets no bound of its own. */
export const defaultLineLimits: LineLimits = {
  lineBytes: 1_048_576,
  connections: 64,
  inFlight: 16,
  inFlightOfAll: 128,
  rate: { perSecond: 2000, burst: 4000 },
  partialMs: 10_000,
  quietMs: 300_000,
  unreadBytes: 8 * 1024 * 1024,
};
