import type { Finding } from "@clawkeep/diagnostics";

import type { Removal } from "./removal.ts";

/** One cleaning of one state folder: what its stages read and where they put what they did. */
export interface Cleaning {
  readonly home: string;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Nothing is changed, only listed. */
  readonly dryRun: boolean;
  readonly removed: Removal[];
  readonly findings: Finding[];
}

export const dayMs: number = 24 * 3_600_000;

/** Lists a removal and does it, unless it is only to be listed. What fails is a finding. */
export async function remove(
  cleaning: Cleaning,
  removal: Removal,
  act: () => Promise<boolean>,
): Promise<void> {
  try {
    if (cleaning.dryRun || (await act())) cleaning.removed.push(removal);
  } catch (error) {
    cleaning.findings.push({
      code: "CLEAN_NOT_REMOVED",
      severity: "warning",
      message: `${removal.path}: ${error instanceof Error ? error.message : String(error)}`,
      hint: "Everything else was cleaned. Look at who owns it.",
    });
  }
}
