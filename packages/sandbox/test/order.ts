import type { ExecutionPolicy, Outcome } from "../src/index.ts";

/** What a test asks of the runner. */
export interface Order {
  readonly policy: ExecutionPolicy;
  /** Base64. */
  readonly stdin?: string;
  readonly how?: "once" | "without-filter" | "stay" | "gate-shut";
}

/** What the runner answers. */
export interface Answer {
  readonly outcome?: Omit<Outcome, "stdout" | "stderr"> & {
    /** One character a byte. */
    readonly stdout: string;
    readonly stderr: string;
  };
  readonly error?: { readonly code: string; readonly message: string };
  readonly pid?: number;
}
