import type { Severity } from "@clawkeep/diagnostics";

/** What is wrong at one path of a spec. */
export interface SpecProblem {
  readonly code: string;
  readonly severity: Severity;
  readonly path: readonly (string | number)[];
  readonly message: string;
  readonly hint: string;
}
