import { CodedError } from "@clawkeep/diagnostics";
import { openProcess } from "@clawkeep/sandbox";
import type { ExecutionPolicy, Outcome, ResidentProcess } from "@clawkeep/sandbox";
import { randomBytes } from "node:crypto";
import { z } from "zod";

import type { PlannedRun } from "./planned-run.ts";
import type { ProgramRun } from "./program-run.ts";
import { firstStderr, usage } from "./run-oneshot.ts";

interface Reply {
  readonly id: number;
  readonly exitCode: number;
  readonly output: unknown;
}

const replySchema: z.ZodType<Reply> = z.strictObject({
  id: z.int().positive(),
  exitCode: z.int().min(0).max(255),
  output: z.unknown(),
});

interface Running {
  readonly process: ResidentProcess;
  readonly lines: AsyncIterator<Uint8Array>;
}

type Interruption = "timeout" | "cancelled";

/**
 * One resident process at a time for one policy: started by the first request, given up when it does
 * not keep to the protocol, is too slow, has been idle, or has answered as many requests as it may,
 * and started again by the next request.
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
    const { process, lines } = (this.#running ??= await this.#open());
    const elapsed = (): number => performance.now() - began;
    const id = this.#requests;
    const answer =
      process.pendingLines > 0
        ? unasked
        : await Promise.race([exchange(process, lines, id, run), interruption.promise]);
    if (answer === ended) {
      return lost(await process.outcome, elapsed());
    }
    if (answer === "timeout" || answer === "cancelled") {
      const outcome = await this.#giveUp();
      return { ...lost(outcome, elapsed()), ended: answer, terminatedBy: answer };
    }
    const reply = answer === unasked ? undefined : parseReply(answer, id);
    if (reply === undefined) {
      return brokeProtocol(await this.#giveUp(), elapsed());
    }
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
    const process = await openProcess(this.#policy);
    const running = { process, lines: process.lines()[Symbol.asyncIterator]() };
    void this.#forgetWhenGone(running);
    return running;
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
    // `z.unknown()` takes an absent member too.
    const whole = typeof value === "object" && value !== null && Object.hasOwn(value, "output");
    const reply = whole ? replySchema.parse(value) : undefined;
    return reply?.id === id ? reply : undefined;
  } catch {
    return undefined;
  }
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
