import { runOnce } from "@clawkeep/sandbox";
import type { ExecutionPolicy, Outcome } from "@clawkeep/sandbox";

import type { OpenServices } from "../services/open-services.ts";
import { keptStderrBytes } from "./execution-policy.ts";
import type { PlannedRun } from "./planned-run.ts";
import type { ProgramRun } from "./program-run.ts";

/**
 * Runs a planned run once.
 * @throws CodedError of `runOnce`: the program was not run then.
 */
export async function runOneshot(
  run: PlannedRun,
  policy: ExecutionPolicy,
  services?: OpenServices,
): Promise<ProgramRun> {
  const { stdin } = run.invocation;
  const { signal } = run.request;
  const outcome = await runOnce(policy, {
    ...(stdin === undefined ? {} : { stdin }),
    ...(signal === undefined ? {} : { signal }),
    ...(services === undefined ? {} : { channels: services.channels }),
  });
  return {
    ended: outcome.terminatedBy ?? (outcome.exitCode === null ? "signalled" : "exited"),
    exitCode: outcome.exitCode,
    signal: outcome.signal,
    ...(outcome.terminatedBy === undefined ? {} : { terminatedBy: outcome.terminatedBy }),
    durationMs: outcome.durationMs,
    stdout: { bytes: outcome.stdout, truncated: outcome.stdoutTruncated },
    stderr: firstStderr(outcome),
    notes: [...outcome.notes, ...(services?.notes() ?? [])],
    ...usage(outcome),
    ...(outcome.attempts === undefined ? {} : { attempts: outcome.attempts }),
    ...(outcome.observedBy === undefined ? {} : { observedBy: outcome.observedBy }),
  };
}

/** What a run used and what kept its limits, as far as the sandbox saw. */
export function usage({
  resources,
  limitedBy,
}: Pick<Outcome, "resources" | "limitedBy">): Pick<ProgramRun, "resources" | "limitedBy"> {
  return {
    ...(resources === undefined ? {} : { resources }),
    ...(limitedBy === undefined ? {} : { limitedBy }),
  };
}

/** What is kept of standard error. */
export function firstStderr({ stderr, stderrTruncated }: Outcome): ProgramRun["stderr"] {
  return {
    bytes: stderr.subarray(0, keptStderrBytes),
    truncated: stderrTruncated || stderr.length > keptStderrBytes,
  };
}
