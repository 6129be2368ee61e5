import type { Finding } from "@clawkeep/diagnostics";

/** What one judge said of one artifact. */
export interface Verdict {
  /** The foreign program and what it was asked, such as `openclaw security audit`. */
  readonly judge: string;
  readonly version?: string;
  /**
   * `not-judged`: the program is missing here, or could not be asked; under `--strict` that is a no. `not-applicable`:
   * the deployment has no file that it reads.
   */
  readonly status: "passed" | "failed" | "not-judged" | "not-applicable";
  readonly findings: readonly Finding[];
  /** Codes that the judge used, sorted, for a table. */
  readonly codes: readonly string[];
}

/** True when every judge that applies was asked and none said no. */
export function allPassed(verdicts: readonly Verdict[]): boolean {
  return (
    verdicts.some(({ status }) => status === "passed") &&
    verdicts.every(({ status }) => status === "passed" || status === "not-applicable")
  );
}
