import { Worker } from "node:worker_threads";

import type { CodedError } from "@clawkeep/diagnostics";

import type { Encoder } from "../encoder.ts";
import { encoderClosed, encodingFailed, sessionFailed, workerEnded } from "../errors.ts";
import type { SessionPlan } from "../session/session.ts";
import type { WorkerReply, WorkerRequest, WorkerStart } from "./messages.ts";
import { createStopFlags, stopAll, waitUntilStopped } from "./stop-flags.ts";

/** One call of `encode`. */
interface Job {
  readonly vectors: Float32Array;
  tasksLeft: number;
  settled: boolean;
  resolve(vectors: Float32Array): void;
  reject(reason: unknown): void;
}

/** A few texts of a job: what goes to a worker in one message. */
interface Task {
  readonly job: Job;
  readonly firstRow: number;
  readonly ids: readonly Int32Array[];
}

interface Member {
  readonly worker: Worker;
  readonly ended: Promise<void>;
  readonly running: Map<number, Task>;
}

/** Enough work in a message that passing it costs nothing (about 20 ms), little enough to share out evenly. */
const tokensPerTask = 256;
const textsPerTask = 16;
/**
 * One running and three waiting, so that a worker does not wait for a message while this thread commits to a
 * disk that takes its time.
 */
const tasksPerWorker = 4;

/**
 * Encoders in `size` worker threads, each with a session of its own. Every text is a run of its own, so it does
 * not matter which worker gets it. Idle workers do not keep the process alive.
 */
export async function openWorkerPool(
  plan: SessionPlan,
  size: number,
  entry: URL,
  tasksAhead: number = tasksPerWorker,
): Promise<Encoder> {
  const queue: Task[] = [];
  const jobs = new Set<Job>();
  let nextTask = 0;
  let closed: CodedError | undefined;

  const flags = createStopFlags(size);
  const stopNow = (): void => {
    stopAll(flags);
    waitUntilStopped(flags);
  };
  process.on("exit", stopNow);

  const members: Member[] = [];
  try {
    const started = Array.from({ length: size }, (_, index) =>
      start({ plan, flags, index }, entry),
    );
    members.push(...started.map(({ member }) => member));
    // All of them, so that none is left starting when one has failed.
    const outcomes = await Promise.allSettled(started.map(({ ready }) => ready));
    const failure = outcomes.find((outcome) => outcome.status === "rejected");
    if (failure !== undefined) {
      throw failure.reason;
    }
  } catch (error) {
    stopNow();
    await Promise.all(members.map(({ worker }) => worker.terminate()));
    process.off("exit", stopNow);
    throw error;
  }
  for (const member of members) {
    member.worker.on("message", (reply: WorkerReply) => receive(member, reply));
    member.worker.on("error", (cause) => fail(workerEnded(cause.message, cause)));
    member.worker.on("exit", (code) => fail(workerEnded(`exit code ${code}`)));
    member.worker.unref();
  }

  function receive(member: Member, reply: WorkerReply): void {
    if (reply.kind === "ready" || reply.task === undefined) {
      return;
    }
    const task = member.running.get(reply.task);
    member.running.delete(reply.task);
    if (task !== undefined && !task.job.settled) {
      if (reply.kind === "failed") {
        settle(task.job, () => task.job.reject(encodingFailed(reply.why)));
      } else {
        task.job.vectors.set(reply.vectors, task.firstRow * plan.dimensions);
        task.job.tasksLeft -= 1;
        if (task.job.tasksLeft === 0) {
          settle(task.job, () => task.job.resolve(task.job.vectors));
        }
      }
    }
    shareOut();
  }

  function shareOut(): void {
    for (let waiting = 1; waiting <= tasksAhead; waiting += 1) {
      for (const { worker, running } of members) {
        const task = running.size < waiting ? queue.shift() : undefined;
        if (task !== undefined) {
          nextTask += 1;
          running.set(nextTask, task);
          send(worker, { kind: "embed", task: nextTask, ids: task.ids });
        }
      }
    }
  }

  function settle(job: Job, finish: () => void): void {
    if (job.settled) {
      return;
    }
    job.settled = true;
    jobs.delete(job);
    const others = queue.filter((task) => task.job !== job);
    queue.splice(0, queue.length, ...others);
    if (jobs.size === 0) {
      members.forEach(({ worker }) => worker.unref());
    }
    finish();
  }

  function fail(reason: CodedError): void {
    closed ??= reason;
    for (const job of jobs) {
      settle(job, () => job.reject(reason));
    }
  }

  return {
    encode(texts, signal) {
      return new Promise<Float32Array>((resolve, reject) => {
        signal?.throwIfAborted();
        if (closed !== undefined) {
          throw closed;
        }
        const vectors = new Float32Array(texts.length * plan.dimensions);
        const job: Job = { vectors, tasksLeft: 0, settled: false, resolve, reject };
        const tasks = tasksOf(job, texts);
        if (tasks.length === 0) {
          resolve(vectors);
          return;
        }
        job.tasksLeft = tasks.length;
        const abort = (): void => settle(job, () => reject(signal?.reason));
        signal?.addEventListener("abort", abort, { once: true });
        job.resolve = (result) => {
          signal?.removeEventListener("abort", abort);
          resolve(result);
        };
        job.reject = (reason) => {
          signal?.removeEventListener("abort", abort);
          reject(reason);
        };
        jobs.add(job);
        queue.push(...tasks);
        members.forEach(({ worker }) => worker.ref());
        shareOut();
      });
    },
    async close() {
      fail(encoderClosed());
      stopAll(flags);
      for (const { worker } of members) {
        worker.ref();
        send(worker, { kind: "end" });
      }
      await Promise.all(members.map(({ ended }) => ended));
      process.off("exit", stopNow);
    },
  };
}

function send(worker: Worker, request: WorkerRequest): void {
  // eslint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
  worker.postMessage(request);
}

function start(workerData: WorkerStart, entry: URL): { member: Member; ready: Promise<void> } {
  // No options of the process: some, such as --input-type, would keep the worker from starting.
  // From its sources the worker finds those of the package that loads the native engine.
  const execArgv = entry.pathname.endsWith(".ts") ? ["--conditions=source"] : [];
  const worker = new Worker(entry, { workerData, name: "embedder", execArgv });
  const ended = new Promise<void>((resolve) => {
    worker.once("exit", () => resolve());
  });
  const ready = new Promise<void>((resolve, reject) => {
    worker.once("message", (reply: WorkerReply) =>
      reply.kind === "ready"
        ? resolve()
        : reject(sessionFailed(reply.kind === "failed" ? reply.why : "it answered out of turn")),
    );
    worker.once("error", (cause) => reject(workerEnded(cause.message, cause)));
    worker.once("exit", (code) => reject(workerEnded(`exit code ${code} at its start`)));
  });
  return { member: { worker, ended, running: new Map() }, ready };
}

function tasksOf(job: Job, texts: readonly Int32Array[]): Task[] {
  const tasks: Task[] = [];
  let ids: Int32Array[] = [];
  let tokens = 0;
  texts.forEach((text, row) => {
    ids.push(text);
    tokens += text.length;
    if (tokens >= tokensPerTask || ids.length === textsPerTask || row === texts.length - 1) {
      tasks.push({ job, firstRow: row + 1 - ids.length, ids });
      ids = [];
      tokens = 0;
    }
  });
  return tasks;
}
