import { CodedError } from "@clawkeep/diagnostics";

import { checkPolicy } from "./check-policy.ts";
import { detectLevels, resolveLevel } from "./detect-levels.ts";
import { drivers } from "./drivers.ts";
import { lineSplitter } from "./line-splitter.ts";
import type { Outcome } from "./outcome.ts";
import type { ExecutionPolicy } from "./policy.ts";
import type { ResidentProcess } from "./resident-process.ts";
import { supervise } from "./supervise.ts";

/**
 * Starts a program that stays and is talked to by lines. `limits.timeoutMs` does not apply: the owner
 * decides when it has waited long enough, and closes. A line longer than `limits.stdoutBytes` ends it.
 * @throws CodedError the same as `runOnce` before anything is spawned, or SANDBOX_SPAWN_FAILED.
 */
export async function openProcess(
  policy: ExecutionPolicy,
  options: { readonly signal?: AbortSignal } = {},
): Promise<ResidentProcess> {
  const level = resolveLevel(await detectLevels(policy.level), policy);
  checkPolicy(policy, level);
  const launch = await drivers[level].prepare(policy);
  const splitter = lineSplitter(policy.limits.stdoutBytes);
  const queue: Uint8Array[] = [];
  let wake: (() => void) | undefined;
  let gone = false;

  const supervision = supervise(
    launch,
    level,
    { ...policy.limits, timeoutMs: 0 },
    {
      ...options,
      stdin: "open",
      onStdout: (chunk) => {
        const lines = splitter.push(chunk);
        if (lines === undefined) {
          supervision.kill("stdout-limit");
        } else {
          queue.push(...lines);
          wake?.();
        }
      },
    },
  );
  if (supervision.pid === -1) {
    // The spawn failed; the outcome carries the reason.
    await supervision.outcome;
  }
  let drained: PromiseWithResolvers<void> | undefined;
  const goOn = (): void => {
    drained?.resolve();
    drained = undefined;
  };
  supervision.stdin?.on("drain", goOn);
  const outcome = supervision.outcome
    .catch((error: unknown): Outcome => neverStarted(level, error))
    .finally(() => {
      gone = true;
      wake?.();
      goOn();
    });

  async function* lines(): AsyncGenerator<Uint8Array> {
    for (;;) {
      const line = queue.shift();
      if (line !== undefined) {
        yield line;
      } else if (gone) {
        return;
      } else {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    }
  }

  return {
    pid: supervision.pid,
    write: async (line) => {
      const { stdin } = supervision;
      if (gone || stdin === null || stdin.destroyed || !stdin.writable) {
        throw new CodedError({
          code: "SANDBOX_PROCESS_GONE",
          message: "the resident process has ended, so a line cannot be sent to it",
        });
      }
      const bytes = typeof line === "string" ? Buffer.from(line) : line;
      if (bytes.includes(0x0a)) {
        throw new CodedError({
          code: "SANDBOX_ARGUMENT_REFUSED",
          message: "a line that is sent to a resident process cannot contain a newline",
        });
      }
      supervision.wake();
      if (!stdin.write(Buffer.concat([bytes, Buffer.from("\n")]))) {
        // One for all who wait. A race with the outcome would leave something at that for each line, until the end.
        drained ??= Promise.withResolvers();
        await drained.promise;
      }
    },
    usage: supervision.usage,
    get pendingLines() {
      return queue.length;
    },
    lines,
    outcome,
    close: () => {
      if (!gone) {
        supervision.kill("cancelled");
      }
      return outcome;
    },
  };
}

/** A resident process whose sandbox failed while being set up has an outcome too, with the reason. */
function neverStarted(level: Outcome["level"], error: unknown): Outcome {
  const message = error instanceof Error ? error.message : String(error);
  return {
    level,
    exitCode: null,
    signal: null,
    stdout: new Uint8Array(),
    stdoutTruncated: false,
    stderr: Buffer.from(message),
    stderrTruncated: false,
    durationMs: 0,
    notes: [message],
  };
}
