import { withChannels } from "./channels.ts";
import type { Channel } from "./channels.ts";
import { checkPolicy } from "./check-policy.ts";
import { detectLevels, resolveLevel } from "./detect-levels.ts";
import { drivers } from "./drivers.ts";
import type { Outcome } from "./outcome.ts";
import type { ExecutionPolicy } from "./policy.ts";
import { supervise } from "./supervise.ts";

/** What {@link runOnce} takes besides the policy. */
export interface RunOptions {
  /** Written to standard input, which is then closed. Without it standard input is empty. */
  readonly stdin?: Uint8Array;
  /** Ends the run: `terminatedBy` is then `cancelled`. */
  readonly signal?: AbortSignal;
  /** Streams that the program is born with: the only sockets that it ever has. */
  readonly channels?: readonly Channel[];
}

/**
 * Runs one program under a policy and waits for its end. Whatever the program does is in the outcome.
 * @throws CodedError SANDBOX_ARGUMENT_REFUSED, SANDBOX_POLICY_REFUSED, SANDBOX_LEVEL_UNAVAILABLE,
 * SANDBOX_ROOT_MISSING, SANDBOX_EXECUTABLE_MISSING, SANDBOX_DIGEST_MISMATCH before anything is
 * spawned; SANDBOX_SPAWN_FAILED or SANDBOX_SETUP_FAILED when the program could not be started.
 */
export async function runOnce(given: ExecutionPolicy, options: RunOptions = {}): Promise<Outcome> {
  const policy = withChannels(given, options.channels ?? []);
  const level = resolveLevel(await detectLevels(policy.level), policy);
  checkPolicy(policy, level);
  if (options.signal?.aborted === true) {
    return cancelledBeforeStart(level);
  }
  const launch = await drivers[level].prepare(policy);
  return supervise(launch, level, policy.limits, options).outcome;
}

function cancelledBeforeStart(level: Outcome["level"]): Outcome {
  return {
    level,
    exitCode: null,
    signal: null,
    terminatedBy: "cancelled",
    stdout: new Uint8Array(),
    stdoutTruncated: false,
    stderr: new Uint8Array(),
    stderrTruncated: false,
    durationMs: 0,
    notes: ["cancelled before the program was started"],
  };
}
