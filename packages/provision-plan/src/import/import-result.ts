import type { Finding } from "@clawkeep/diagnostics";
import type { ConfigChange, JsonObject } from "@clawkeep/openclaw-contract";

/** What an existing file came to. Nothing of it was run, and no secret of it is here. */
export interface ImportResult {
  readonly kind: "openclaw" | "compose" | "environment";
  /** The configuration with the keys of the pinned version; only for `openclaw.json`. */
  readonly config?: JsonObject;
  readonly changes: readonly ConfigChange[];
  /** What is wrong or weak in the file, each with the rows that it is about in its hint. */
  readonly findings: readonly Finding[];
  /** The beginning of a `deploy.yaml` with what could be taken over. */
  readonly spec: Readonly<Record<string, unknown>>;
}

/** Collects findings of one file. */
export type Say = (
  code: string,
  severity: Finding["severity"],
  message: string,
  hint: string,
  place?: { readonly line: number; readonly column?: number },
) => void;

/** A collector and what it collected. */
export function collector(file: string): { readonly say: Say; readonly findings: Finding[] } {
  const findings: Finding[] = [];
  return {
    findings,
    say: (code, severity, message, hint, place) => {
      findings.push({ code, severity, message, hint, file, ...place });
    },
  };
}
