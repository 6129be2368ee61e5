import { canonicalJson } from "@clawkeep/integrity";

import { executionPolicy } from "./execution-policy.ts";
import type { PlannedRun } from "./planned-run.ts";
import type { ProgramEnvironment } from "./program-environment.ts";
import { ResidentProgram } from "./resident-program.ts";

/** A process that serves for very long collects what its author did not think of. */
const defaultMaxRequests = 10_000;

interface Seat {
  readonly program: ResidentProgram;
  /** Settles when the last request that was queued is done. */
  tail: Promise<unknown>;
}

/** The resident programs of a runtime: one for each skill, program, action and set of permissions. */
export class ResidentPool {
  readonly #seats: Map<string, Promise<Seat>> = new Map();

  /** Runs `use` when all earlier requests to the same program are done. */
  async use<T>(
    run: PlannedRun,
    passed: Readonly<Record<string, string>>,
    environment: () => Promise<ProgramEnvironment>,
    use: (program: ResidentProgram) => Promise<T>,
  ): Promise<T> {
    const key = seatKey(run, passed);
    let opening = this.#seats.get(key);
    if (opening === undefined) {
      opening = open(run, environment);
      this.#seats.set(key, opening);
      opening.catch(() => this.#seats.delete(key));
    }
    const seat = await opening;
    const turn = seat.tail.then(() => use(seat.program));
    seat.tail = turn.catch(() => undefined);
    return turn;
  }

  /** Ends every process; requests in flight end with it. */
  async close(): Promise<void> {
    const seats = [...this.#seats.values()];
    this.#seats.clear();
    await Promise.allSettled(seats.map(async (seat) => (await seat).program.close()));
  }
}

async function open(
  run: PlannedRun,
  makeEnvironment: () => Promise<ProgramEnvironment>,
): Promise<Seat> {
  const environment = await makeEnvironment();
  const policy = executionPolicy(run, environment);
  const { idleMs = 60_000, maxRequests = defaultMaxRequests } = run.action.resident ?? {};
  return {
    program: new ResidentProgram(policy, { idleMs, maxRequests }, environment.dispose),
    tail: Promise.resolve(),
  };
}

/** Whatever a process was started with; a request that differs in any of it gets another process. */
function seatKey(run: PlannedRun, passed: Readonly<Record<string, string>>): string {
  const { skill, closure, level, roots, view } = run;
  return canonicalJson([
    skill.folder,
    skill.folderDigest,
    skill.contractDigest,
    closure.digest,
    run.actionName,
    level,
    run.request.requireSandbox ?? null,
    roots.map(({ name, access, source }) => [name, access, source]),
    [...view.argv],
    passed,
    JSON.stringify(run.request.trial ?? null),
  ]);
}
