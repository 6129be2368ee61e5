import type { Severity } from "@clawkeep/diagnostics";

/** What another program is expected to say. */
export interface Prediction {
  /** The program and the version of it that the code was read from. */
  readonly engine: string;
  readonly code: string;
}

/** One thing that preflight looks for. */
export interface PreflightRule {
  readonly severity: Severity;
  /** Who will say so, and how. Empty: nobody that we know, a reader will. */
  readonly predicted: readonly Prediction[];
  /** What is seen. */
  readonly message: string;
  /** Why it is objected to. */
  readonly reason: string;
  /** What to do about it. */
  readonly mend: string;
}

/** The registry's static engine, as its source of this version says. */
export const registryEngine = "ClawHub static engine v2.4.26";
/** The registry's review by a model, of which only the subject is known. */
export const registryReview = "ClawHub review";
/** PyPI `cisco-ai-skill-scanner`; what is predicted of it are names of its rules. */
export const ciscoEngine = "cisco-ai-skill-scanner 2.3.2";

const engines = { r: registryEngine, v: registryReview, c: ciscoEngine } as const;

/** `predicted` is a list such as `r:suspicious.dangerous_exec c:COMMAND_INJECTION_EVAL`. */
export function rule(
  severity: Severity,
  predicted: string,
  message: string,
  reason: string,
  mend: string,
): PreflightRule {
  const list = predicted.split(" ").flatMap((written): readonly Prediction[] => {
    const [who, code = ""] = written.split(":");
    return who === "r" || who === "v" || who === "c" ? [{ engine: engines[who], code }] : [];
  });
  return { severity, predicted: list, message, reason, mend };
}
