import { CodedError } from "@clawkeep/diagnostics";
import { canonicalJson } from "@clawkeep/integrity";

import { executionPolicy } from "./execution-policy.ts";
import type { PlannedRun } from "./planned-run.ts";
import type { ProgramEnvironment } from "./program-environment.ts";
import { ResidentProgram } from "./resident-program.ts";

/** A process that serves for very long collects what its author did not think of. */
const defaultMaxRequests = 10_000;

/** Resident processes of one runtime at one time. */
const defaultResidents = 16;

interface Seat {
  readonly program: Promise<ResidentProgram>;
  /** Settles when the last request that was queued is done. */
  tail: Promise<unknown>;
  /** Requests that are queued or in flight. */
  pending: number;
  /** When it was last asked, as a number that grows. */
  asked: number;
}

/** The resident programs of a runtime: one for each skill, program, action and set of permissions. */
export class ResidentPool {
  readonly #most: number;
  readonly #seats: Map<string, Seat> = new Map();
  /** Wake those that wait for a seat. */
  #waiting: (() => void)[] = [];
  #clock: number = 0;
  #closed: boolean = false;

  /** @param most Processes at one time: the one that was idle longest makes room for another. */
  constructor(most: number = defaultResidents) {
    this.#most = most;
  }

  /**
   * Runs `use` when all earlier requests to the same program are done.
   * @throws CodedError RUNTIME_CLOSED
   */
  async use<T>(
    run: PlannedRun,
    passed: Readonly<Record<string, string>>,
    environment: () => Promise<ProgramEnvironment>,
    use: (program: ResidentProgram) => Promise<T>,
  ): Promise<T> {
    const key = seatKey(run, passed);
    const known = this.#seats.get(key);
    const seat = known === undefined ? await this.#take(key, run, environment) : this.#claim(known);
    try {
      const turn = seat.tail.then(async () => use(await seat.program));
      seat.tail = turn.catch(() => undefined);
      return await turn;
    } finally {
      seat.pending -= 1;
      if (seat.pending === 0) this.#wake();
    }
  }

  /** Ends every process; requests in flight end with it. */
  async close(): Promise<void> {
    this.#closed = true;
    const seats = [...this.#seats.values()];
    this.#seats.clear();
    this.#wake();
    await Promise.allSettled(seats.map(async ({ program }) => (await program).close()));
  }

  async #take(
    key: string,
    run: PlannedRun,
    environment: () => Promise<ProgramEnvironment>,
  ): Promise<Seat> {
    for (;;) {
      if (this.#closed) {
        throw new CodedError({ code: "RUNTIME_CLOSED", message: "the runtime has been closed" });
      }
      const known = this.#seats.get(key);
      if (known !== undefined) return this.#claim(known);
      if (this.#seats.size < this.#most) {
        const program = open(run, environment);
        const seat: Seat = { program, tail: Promise.resolve(), pending: 0, asked: 0 };
        this.#seats.set(key, seat);
        program.catch(() => this.#seats.delete(key));
        return this.#claim(seat);
      }
      const idle = this.#idleLongest();
      if (idle === undefined) {
        await new Promise<void>((resolve) => this.#waiting.push(resolve));
      } else {
        this.#seats.delete(idle[0]);
        await (await idle[1].program).close();
      }
    }
  }

  /** In one step with finding it, so that nobody takes it away in between. */
  #claim(seat: Seat): Seat {
    seat.pending += 1;
    seat.asked = this.#clock += 1;
    return seat;
  }

  #idleLongest(): readonly [string, Seat] | undefined {
    return [...this.#seats]
      .filter(([, { pending }]) => pending === 0)
      .sort(([, a], [, b]) => a.asked - b.asked)[0];
  }

  #wake(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }
}

async function open(
  run: PlannedRun,
  makeEnvironment: () => Promise<ProgramEnvironment>,
): Promise<ResidentProgram> {
  const environment = await makeEnvironment();
  const policy = executionPolicy(run, environment);
  const { idleMs = 60_000, maxRequests = defaultMaxRequests } = run.action.resident ?? {};
  return new ResidentProgram(policy, { idleMs, maxRequests }, environment.dispose);
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
