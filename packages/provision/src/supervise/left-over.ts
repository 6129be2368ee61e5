import { readFileSync, readdirSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";

/** Variable that a service and all that it starts have, so that they are found after a kill of the supervisor. */
export const serviceVariable = "CLAWKEEP_SERVICE";

/**
 * Ends what is left of a service. A record of its pid would not do: a supervisor can be killed after the
 * start and before the record. Linux only; elsewhere nothing is found.
 *
 * @param mark Value of {@link serviceVariable}.
 */
export async function endLeftOver(mark: string): Promise<void> {
  while (processesOf(mark).length > 0) {
    signalMarked(mark, "SIGKILL");
    await pause(20);
  }
}

/** Signals every process that has the mark, but one. */
export function signalMarked(mark: string, signal: NodeJS.Signals, but?: number): void {
  for (const pid of processesOf(mark)) {
    if (pid === but) continue;
    try {
      process.kill(pid, signal);
    } catch {
      // It is gone.
    }
  }
}

/** Pids of all processes of this uid that have the mark. A zombie has no environment any more. */
export function processesOf(mark: string): readonly number[] {
  const wanted = `\0${serviceVariable}=${mark}\0`;
  const pids = namesIn("/proc").filter((name) => /^[0-9]+$/u.test(name));
  return pids.map(Number).filter((pid) => `\0${environmentOf(pid)}`.includes(wanted));
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function environmentOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/environ`, "latin1");
  } catch {
    return "";
  }
}
