import type { Outcome } from "./outcome.ts";

/** A confined process that stays, reads lines and answers with lines. */
export interface ResidentProcess {
  /** Process id on the host of the outermost process. */
  readonly pid: number;
  /** Sends one line; the newline is added. Rejects with SANDBOX_PROCESS_GONE once it has ended. */
  write(line: string | Uint8Array): Promise<void>;
  /** What it has used since its start, and what keeps its limits. */
  usage(): Pick<Outcome, "resources" | "limitedBy">;
  /** Whole lines that came and were not read yet. */
  readonly pendingLines: number;
  /** Lines of standard output without their newline. May be called once. Ends with the process. */
  lines(): AsyncIterable<Uint8Array>;
  /** Settles when the process and all its descendants are gone. Never rejects. */
  readonly outcome: Promise<Outcome>;
  /** Kills the process and everything that it started, and waits. Safe to call twice. */
  close(): Promise<Outcome>;
}
