import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { constants } from "node:os";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { setTimeout as pause } from "node:timers/promises";

import { escapeForTerminal } from "@clawkeep/diagnostics";
import { redactLine } from "@clawkeep/provision";

/** One program of the container. */
export interface ChildCommand {
  readonly name: string;
  readonly program: string;
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** Values that no line of its output may show. */
  readonly secrets: readonly string[];
}

/** How a program ended. */
export interface ChildEnd {
  readonly name: string;
  /** Its exit code; 128 and the signal's number when one ended it; 127 when it could not be started. */
  readonly code: number;
  readonly how: string;
}

/** A program that runs, with all that it starts. */
export interface Child {
  readonly name: string;
  readonly pid: number | undefined;
  readonly ended: Promise<ChildEnd>;
  /** Sends it a signal and waits; what is there after `waitMs` is killed, and what it left behind in any case. */
  stop(signal: NodeJS.Signals, waitMs: number): Promise<void>;
}

/** A longer line is cut. */
const longestLine = 16 * 1024;

/** Starts a program in a process group of its own; each line that it prints is said with its name and without secrets. */
export function startChild(command: ChildCommand, say: (line: string) => void): Child {
  const { name, program, args, environment, cwd, secrets } = command;
  const child = spawn(program, [...args], {
    cwd,
    env: { ...environment },
    stdio: ["ignore", "pipe", "pipe"],
    // What it starts is ended with it.
    detached: true,
  });
  for (const stream of [child.stdout, child.stderr]) {
    relay(stream, (line) =>
      say(`${name}: ${escapeForTerminal(redactLine(line.replaceAll("\t", " "), secrets))}`),
    );
  }
  const ended = endOf(child, name);
  return {
    name,
    pid: child.pid,
    ended,
    stop: async (signal, waitMs) => {
      const timer = new AbortController();
      if (child.exitCode === null && child.signalCode === null) {
        child.kill(signal);
        await Promise.race([
          ended,
          pause(waitMs, undefined, { signal: timer.signal }).catch(() => undefined),
        ]);
        timer.abort();
      }
      killGroup(child.pid);
      await ended;
    },
  };
}

function relay(stream: Readable, line: (text: string) => void): void {
  createInterface({ input: stream }).on("line", (text) => line(text.slice(0, longestLine)));
}

async function endOf(child: ChildProcess, name: string): Promise<ChildEnd> {
  const closed = once(child, "close").catch(() => undefined);
  const end = await new Promise<ChildEnd>((resolve) => {
    child.on("error", (error) =>
      resolve({ name, code: 127, how: `could not be started: ${error.message}` }),
    );
    child.on("exit", (code, signal) =>
      resolve(
        signal === null
          ? { name, code: code ?? 1, how: `ended with exit code ${code ?? 1}` }
          : { name, code: 128 + constants.signals[signal], how: `was ended by ${signal}` },
      ),
    );
  });
  // What it printed last is worth a moment; a helper that keeps its output open is not worth more.
  const timer = new AbortController();
  if (child.pid !== undefined) {
    await Promise.race([
      closed,
      pause(1000, undefined, { signal: timer.signal }).catch(() => undefined),
    ]);
  }
  timer.abort();
  return end;
}

function killGroup(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(-pid, "SIGKILL");
  } catch {
    // Nothing is left of it.
  }
}
