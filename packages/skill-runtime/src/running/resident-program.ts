import { CodedError } from "@clawkeep/diagnostics";
import { openProcess } from "@clawkeep/sandbox";
import type { ExecutionPolicy, Outcome, ResidentProcess } from "@clawkeep/sandbox";
import { randomBytes } from "node:crypto";

import { CrashBackOff } from "./crash-back-off.ts";
import type { PlannedRun } from "./planned-run.ts";
import type { ProgramRun } from "./program-run.ts";
import { firstStderr, usage } from "./run-oneshot.ts";

interface Reply {
  readonly id: number;
  readonly exitCode: number;
  readonly output: unknown;
}

interface Running {
  readonly process: ResidentProcess;
  readonly lines: AsyncIterator<Uint8Array>;
}

type Interruption = "timeout" | "cancelled";

/**
 * One resident process at a time for one policy: started by the first request, given up when it does
 * not keep to the protocol, is too slow, has been idle, or has answered as many requests as it may,
 * and started again by the next request, which waits for it after several crashes in a row.
 * The owner sees to it that one request is in flight at a time.
 */
export class ResidentProgram {
  readonly #policy: ExecutionPolicy;
  readonly #idleMs: number;
  readonly #maxRequests: number;
  readonly #dispose: () => void;
  #running: Running | undefined;
  #closed: boolean = false;
  #name: string = "";
  #requests: number = 0;
  #idle: NodeJS.Timeout | undefined;
  readonly #backOff: CrashBackOff = new CrashBackOff();

  /** `dispose` is called once, when the program is closed for good. */
  constructor(
    policy: ExecutionPolicy,
    { idleMs, maxRequests }: { readonly idleMs: number; readonly maxRequests: number },
    dispose: () => void,
  ) {
    this.#policy = policy;
    this.#idleMs = idleMs;
    this.#maxRequests = maxRequests;
    this.#dispose = dispose;
  }

  /** Which process the next request goes to, and its number there: for the start record. */
  next(): { readonly process: string; readonly request: number } {
    clearTimeout(this.#idle);
    if (this.#running === undefined) {
      this.#name = randomBytes(8).toString("hex");
      this.#requests = 0;
    }
    this.#requests += 1;
    return { process: this.#name, request: this.#requests };
  }

  /**
   * Sends the request that {@link next} announced.
   * @throws CodedError of `openProcess`: the program was not started then.
   */
  async request(run: PlannedRun): Promise<ProgramRun> {
    const began = performance.now();
    using interruption = interruptAfter(run.action.timeoutMs, run.request.signal);
    const elapsed = (): number => performance.now() - began;
    if (this.#running === undefined && this.#backOff.leftMs > 0) {
      const kept = await this.#waitToStart(interruption.promise, run.action.timeoutMs);
      if (kept !== undefined) return kept(elapsed());
    }
    const { process, lines } = (this.#running ??= await this.#open());
    const id = this.#requests;
    const answer =
      process.pendingLines > 0
        ? unasked
        : await Promise.race([exchange(process, lines, id, run), interruption.promise]);
    if (answer === ended) {
      this.#backOff.crashed();
      return lost(await process.outcome, elapsed());
    }
    if (answer === "timeout" || answer === "cancelled") {
      const outcome = await this.#giveUp();
      return { ...lost(outcome, elapsed()), ended: answer, terminatedBy: answer };
    }
    const reply = answer === unasked ? undefined : parseReply(answer, id);
    if (reply === undefined) {
      this.#backOff.crashed();
      return brokeProtocol(await this.#giveUp(), elapsed());
    }
    this.#backOff.worked();
    if (this.#requests >= this.#maxRequests) {
      await this.#giveUp();
    } else {
      this.#idle = setTimeout(() => void this.#giveUp(), this.#idleMs).unref();
    }
    return { ...answered(reply, elapsed()), ...usage(process.usage()) };
  }

  /** Ends the process for good. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#idle);
    await this.#giveUp();
    this.#dispose();
  }

  async #open(): Promise<Running> {
    if (this.#closed) {
      throw new CodedError({ code: "RUNTIME_CLOSED", message: "the runtime has been closed" });
    }
    const process = await openProcess(this.#policy).catch((error: unknown) => {
      this.#backOff.crashed();
      throw error;
    });
    const running = { process, lines: process.lines()[Symbol.asyncIterator]() };
    void this.#forgetWhenGone(running);
    return running;
  }

  /**
   * Waits until a program that crashes again and again may be started again.
   * @returns what the request came to instead, if it did not last as long
   */
  async #waitToStart(
    interrupted: Promise<Interruption>,
    timeoutMs: number,
  ): Promise<((durationMs: number) => ProgramRun) | undefined> {
    const { leftMs, crashes } = this.#backOff;
    if (leftMs >= timeoutMs) {
      const message = `the program crashed ${crashes} times in a row and is not started for another ${Math.ceil(leftMs)} ms`;
      const error = { code: "RESIDENT_BACKS_OFF", message };
      return (durationMs) => ({ ...withoutReply(undefined, durationMs), ended: "failed", error });
    }
    let timer: NodeJS.Timeout | undefined;
    const over = new Promise<undefined>((resolve) => {
      timer = setTimeout(() => resolve(undefined), leftMs);
    });
    const why = await Promise.race([over, interrupted]);
    clearTimeout(timer);
    return why === undefined
      ? undefined
      : (durationMs) => ({
          ...withoutReply(undefined, durationMs),
          ended: why,
          terminatedBy: why,
        });
  }

  /** A process that dies while nobody asks it is replaced by the next request, not blamed on it. */
  async #forgetWhenGone(running: Running): Promise<void> {
    await running.process.outcome;
    if (this.#running === running) {
      this.#running = undefined;
    }
  }

  async #giveUp(): Promise<Outcome | undefined> {
    const running = this.#running;
    this.#running = undefined;
    return running?.process.close();
  }
}

const ended: unique symbol = Symbol("ended");
const unasked: unique symbol = Symbol("unasked");

/** Sends a request; the next line, or {@link ended} when the process ended instead. */
async function exchange(
  process: ResidentProcess,
  lines: AsyncIterator<Uint8Array>,
  id: number,
  run: PlannedRun,
): Promise<Uint8Array | typeof ended> {
  const request = JSON.stringify({ id, input: run.invocation.input ?? {} });
  // When the process does not listen any more it is about to end, and that is what counts.
  await process.write(request).catch(() => {});
  const line = await lines.next();
  return line.done === true ? ended : line.value;
}

/** A promise of the reason to stop waiting, which never settles when there is none. */
function interruptAfter(
  timeoutMs: number,
  signal: AbortSignal | undefined,
): { readonly promise: Promise<Interruption>; [Symbol.dispose](): void } {
  const { promise, resolve } = Promise.withResolvers<Interruption>();
  const timer = setTimeout(() => resolve("timeout"), timeoutMs);
  const cancel = (): void => resolve("cancelled");
  if (signal?.aborted === true) {
    cancel();
  }
  signal?.addEventListener("abort", cancel, { once: true });
  return {
    promise,
    [Symbol.dispose]: () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", cancel);
    },
  };
}

function parseReply(line: Uint8Array, id: number): Reply | undefined {
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(line);
    const value: unknown = JSON.parse(text);
    return isReply(value) && value.id === id ? value : undefined;
  } catch {
    return undefined;
  }
}

/** The three members and no other, by hand: a schema takes ten times as long, for each request. */
function isReply(value: unknown): value is Reply {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return false;
  }
  const names = Object.keys(value);
  const { id, exitCode } = value as Readonly<Record<string, unknown>>;
  return (
    names.length === 3 &&
    Object.hasOwn(value, "output") &&
    Number.isSafeInteger(id) &&
    typeof exitCode === "number" &&
    Number.isInteger(exitCode) &&
    exitCode >= 0 &&
    exitCode <= 255
  );
}

function answered(reply: Reply, durationMs: number): ProgramRun {
  const { output } = reply;
  return {
    ended: "exited",
    exitCode: reply.exitCode,
    signal: null,
    durationMs,
    reply: { output },
    stdout: {
      bytes: Buffer.from(typeof output === "string" ? output : JSON.stringify(output)),
      truncated: false,
    },
    stderr: { bytes: new Uint8Array(), truncated: false },
    notes: [],
  };
}

/** The process ended by itself, was closed by its owner, or wrote too long a line. */
function lost(outcome: Outcome | undefined, durationMs: number): ProgramRun {
  const base = withoutReply(outcome, durationMs);
  if (outcome?.terminatedBy === undefined) {
    const exitCode = outcome?.exitCode ?? null;
    const signal = outcome?.signal ?? null;
    const how = exitCode === null ? `signal ${String(signal)}` : `exit code ${exitCode}`;
    const message = `the resident process ended without a reply, with ${how}`;
    return {
      ...base,
      ended: "failed",
      exitCode,
      signal,
      error: { code: "RESIDENT_ENDED", message },
    };
  }
  return { ...base, ended: outcome.terminatedBy, terminatedBy: outcome.terminatedBy };
}

/** The process answered something that is no reply; it has been killed by now. */
function brokeProtocol(outcome: Outcome | undefined, durationMs: number): ProgramRun {
  return {
    ...withoutReply(outcome, durationMs),
    ended: "failed",
    error: {
      code: "RESIDENT_REPLY_INVALID",
      message: "expected one line {id, exitCode, output} with the id of the request, when asked",
    },
  };
}

function withoutReply(outcome: Outcome | undefined, durationMs: number): Omit<ProgramRun, "ended"> {
  return {
    exitCode: null,
    signal: null,
    durationMs,
    stdout: { bytes: new Uint8Array(), truncated: outcome?.stdoutTruncated ?? false },
    stderr:
      outcome === undefined ? { bytes: new Uint8Array(), truncated: false } : firstStderr(outcome),
    notes: outcome?.notes ?? [],
    ...usage(outcome ?? {}),
  };
}
