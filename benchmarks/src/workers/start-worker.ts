import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import path from "node:path";
import type { Readable } from "node:stream";
import { createInterface } from "node:readline";

/** A peer in a process of its own, that answers one request at a time. */
export interface PeerWorker {
  readonly pid: number;
  /** @throws Error with the peer's own words, or when it ended or overran its time. */
  request<Result>(command: string, args: object): Promise<Result>;
  close(): Promise<void>;
}

/** How to start one. */
export interface WorkerStart {
  readonly command: string;
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** Longest time that one request may take. */
  readonly requestMinutes: number;
}

/** The start of a peer that is a module for Node, in `peers/`. */
export function nodeWorker(module: string, environment: Record<string, string>): WorkerStart {
  const root = path.dirname(path.dirname(import.meta.dirname));
  // No `--conditions=source`: ours is measured as it is shipped, built.
  return {
    command: process.execPath,
    args: [
      "--max-old-space-size=12000",
      path.join(import.meta.dirname, "peer-worker.ts"),
      path.join(root, "peers", module),
    ],
    environment,
    requestMinutes: 240,
  };
}

/** Starts a peer; it is ready when its first request is answered. */
export function startWorker(start: WorkerStart): PeerWorker {
  const child = spawn(start.command, start.args, {
    stdio: ["pipe", 2, 2, "pipe"],
    env: { ...process.env, ...start.environment },
  });
  return new RunningWorker(child, start.requestMinutes);
}

interface Waiting {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
}

class RunningWorker implements PeerWorker {
  readonly #child: ChildProcess;
  readonly #minutes: number;
  readonly #waiting = new Map<number, Waiting>();
  readonly #ended: Promise<void>;
  #requests = 0;

  constructor(child: ChildProcess, minutes: number) {
    this.#child = child;
    this.#minutes = minutes;
    const replies = child.stdio[3] as Readable;
    createInterface({ input: replies }).on("line", (line) => this.#receive(line));
    this.#ended = new Promise((resolve) => {
      const end = (why: string): void => {
        for (const { reject } of this.#waiting.values()) {
          reject(new Error(`the peer ended: ${why}`));
        }
        this.#waiting.clear();
        resolve();
      };
      child.once("error", (error) => end(error.message));
      child.once("close", (code, signal) => end(signal ?? `exit code ${String(code)}`));
    });
    // A peer that is gone is said by the request that misses it.
    child.stdin?.on("error", () => undefined);
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  async request<Result>(command: string, args: object): Promise<Result> {
    const id = (this.#requests += 1);
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) {
      throw new Error("the peer has ended");
    }
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), this.#minutes * 60_000);
    try {
      const answered = new Promise<unknown>((resolve, reject) => {
        this.#waiting.set(id, { resolve, reject });
        this.#child.stdin?.write(`${JSON.stringify({ id, command, args })}\n`);
      });
      return (await answered) as Result;
    } finally {
      clearTimeout(timer);
    }
  }

  async close(): Promise<void> {
    this.#child.stdin?.end();
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), 5000);
    await this.#ended;
    clearTimeout(timer);
  }

  #receive(line: string): void {
    const { id, result, error } = JSON.parse(line) as {
      readonly id: number;
      readonly result?: unknown;
      readonly error?: string;
    };
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (error === undefined) {
      waiting?.resolve(result);
    } else {
      waiting?.reject(new Error(error));
    }
  }
}
