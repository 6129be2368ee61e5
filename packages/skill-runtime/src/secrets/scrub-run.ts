import { CodedError, isCodedError } from "@clawkeep/diagnostics";

import type { ProgramRun } from "../running/program-run.ts";
import type { Scrubber } from "./scrub.ts";

/** What happened, without the secrets: nothing later sees the run as the program printed it. */
export function scrubRun(ran: ProgramRun, scrubber: Scrubber): ProgramRun {
  const stream = ({ bytes, truncated }: ProgramRun["stdout"]): ProgramRun["stdout"] => ({
    bytes: scrubber.bytes(bytes, truncated || ran.terminatedBy !== undefined),
    truncated,
  });
  return {
    ...ran,
    stdout: stream(ran.stdout),
    stderr: stream(ran.stderr),
    ...(ran.error === undefined
      ? {}
      : { error: { code: ran.error.code, message: scrubber.text(ran.error.message) } }),
    notes: ran.notes.map((note) => scrubber.text(note)),
  };
}

/** The same error without the secrets; what caused it is left out, for it may quote them. */
export function scrubError(error: unknown, scrubber: Scrubber): unknown {
  if (!(error instanceof Error) || scrubber.text(error.message) === error.message) {
    return error;
  }
  return new CodedError({
    code: isCodedError(error) ? error.code : "RUNTIME_FAILED",
    message: scrubber.text(error.message),
  });
}

/** The same value with every text in it scrubbed; names stay. */
export function scrubValue<T>(value: T, scrubber: Scrubber): T {
  const scrubbed = (one: unknown): unknown => {
    if (typeof one === "string") return scrubber.text(one);
    if (Array.isArray(one)) return one.map(scrubbed);
    if (typeof one !== "object" || one === null) return one;
    return Object.fromEntries(Object.entries(one).map(([name, inner]) => [name, scrubbed(inner)]));
  };
  return scrubbed(value) as T;
}
