import type { ExecutionPolicy, Limits } from "@clawkeep/sandbox";
import type { ResourceLimits } from "@clawkeep/skill-format";

import { applyTrial } from "../trial/apply-trial.ts";
import type { PlannedRun } from "./planned-run.ts";
import type { ProgramEnvironment } from "./program-environment.ts";

/** Standard error beyond this is not kept: `docs/exec-contract.md`. */
export const keptStderrBytes = 65_536;
/** Standard error beyond this ends a one-shot run: it is a flood, not diagnostics. */
const maxStderrBytes: number = 8 * 1024 * 1024;
/** Output that is cut for the caller is kept whole up to this, in an artifact. */
const defaultArtifactBytes: number = 64 * 1024 * 1024;
/** What a resident reply may have around its output. */
const replyEnvelopeBytes = 1024;
const bytesInMb: number = 1024 * 1024;

/** The contract's limits in the sandbox's units; what it does not name has the sandbox's default. */
export function resourceLimits(limits: ResourceLimits = {}): Partial<Limits> {
  const { memoryMb, cpuSeconds, processes, openFiles, fileMb } = limits;
  return {
    ...(memoryMb === undefined ? {} : { memoryBytes: memoryMb * bytesInMb }),
    ...(cpuSeconds === undefined ? {} : { cpuMs: cpuSeconds * 1000 }),
    ...(processes === undefined ? {} : { processes }),
    ...(openFiles === undefined ? {} : { openFiles }),
    ...(fileMb === undefined ? {} : { fileBytes: fileMb * bytesInMb }),
  };
}

/** The policy of one one-shot run, or of a resident process. */
export function executionPolicy(run: PlannedRun, environment: ProgramEnvironment): ExecutionPolicy {
  const { action, form, invocation, level, view } = run;
  const { artifact, maxBytes, overflow } = action.output;
  const resident = form === "resident";
  const policy: ExecutionPolicy = {
    executable: { path: view.executable },
    argv: [...view.argv, ...(resident ? (invocation.residentArgv ?? []) : invocation.argv)],
    cwd: environment.cwd,
    environment: environment.variables,
    readRoots: view.readRoots,
    writeRoots: view.writeRoots,
    limits: {
      timeoutMs: action.timeoutMs,
      stdoutBytes: resident
        ? maxBytes + replyEnvelopeBytes
        : overflow === "truncate"
          ? Math.max(maxBytes, artifact?.maxBytes ?? defaultArtifactBytes)
          : maxBytes,
      stderrBytes: resident ? keptStderrBytes : maxStderrBytes,
      ...resourceLimits(action.limits),
    },
    network: "none",
    level,
    ...(run.request.requireSandbox === undefined ? {} : { require: run.request.requireSandbox }),
  };
  const interpreter = run.closure.manifest.interpreter?.kind;
  const program = {
    argvLength: view.argv.length,
    ...(interpreter === undefined ? {} : { interpreter }),
  };
  return applyTrial(policy, level, program, run.request.trial);
}
