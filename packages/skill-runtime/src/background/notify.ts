import { spawn } from "node:child_process";
import { constants } from "node:fs";
import { open } from "node:fs/promises";

import type { RuntimeConfiguration } from "../configuration/runtime-configuration.ts";
import type { RunEnding, RunState } from "./run-state.ts";

/** One line of JSON that tells of the end of a background run. It holds no text of the program. */
export interface RunEvent {
  readonly version: 1;
  readonly event: "run-ended";
  readonly run: string;
  readonly skill: string;
  readonly action?: string;
  readonly executions: readonly string[];
  readonly began: string;
  readonly ended: string;
  readonly outcome: "execution" | "refusal" | "error";
  readonly ok: boolean;
  readonly meaning?: string;
  readonly exitCode?: number | null;
  readonly terminatedBy?: string;
  readonly durationMs?: number;
  readonly outputBytes?: number;
}

/** A program that hears of an end has this long to take it. */
const commandMs = 10_000;

/** What is told of a run that ended. */
export function runEvent(state: RunState, { ended, result }: RunEnding): RunEvent {
  const { id, skill, action, executions, began } = state;
  return {
    version: 1,
    event: "run-ended",
    run: id,
    skill,
    ...(action === undefined ? {} : { action }),
    executions,
    began,
    ended,
    outcome: result.kind,
    ok: result.kind === "execution" && result.ok,
    ...(result.kind !== "execution"
      ? {}
      : {
          meaning: result.meaning,
          exitCode: result.exitCode,
          ...(result.terminatedBy === undefined ? {} : { terminatedBy: result.terminatedBy }),
          durationMs: Math.round(result.durationMs),
          outputBytes: result.stdout.length,
        }),
  };
}

/** Whether an end is worth telling: by default all but a success that printed nothing. */
export function isWorthTelling(
  { result }: RunEnding,
  { notifyOnExit = true, notifyOnExitEmptySuccess = false }: RuntimeConfiguration,
): boolean {
  const isEmptySuccess =
    result.kind === "execution" && result.ok && result.stdout.length + result.stderr.length === 0;
  return notifyOnExit && (!isEmptySuccess || notifyOnExitEmptySuccess);
}

/**
 * Tells of an end to the command and the file that the configuration names. Never fails: what became
 * of each is returned.
 */
export async function notify(
  event: RunEvent,
  { notify: to = {} }: RuntimeConfiguration,
): Promise<Readonly<Record<string, string>>> {
  const line = `${JSON.stringify(event)}\n`;
  const told: Record<string, string> = {};
  if (to.file !== undefined) told["file"] = await outcome(() => append(to.file ?? "", line));
  if (to.command !== undefined) {
    told["command"] = await outcome(() => tell(to.command ?? [], line));
  }
  return told;
}

async function outcome(work: () => Promise<void>): Promise<string> {
  try {
    await work();
    return "done";
  } catch (error) {
    return `failed: ${error instanceof Error ? error.message : String(error)}`;
  }
}

/** One write, so that lines of several runs do not mix. */
async function append(file: string, line: string): Promise<void> {
  const { O_WRONLY, O_APPEND, O_CREAT, O_NOFOLLOW, O_NONBLOCK } = constants;
  const flags = O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK;
  await using handle = await open(file, flags, 0o600);
  if (!(await handle.stat()).isFile()) throw new Error("expected a regular file");
  await handle.write(line);
}

/** Starts a program without a shell and with next to no environment, and hands it the line. */
function tell([program = "", ...argv]: readonly string[], line: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, argv, {
      cwd: "/",
      env: { PATH: "/usr/bin:/bin", HOME: process.env["HOME"] ?? "/" },
      stdio: ["pipe", "ignore", "ignore"],
      timeout: commandMs,
      killSignal: "SIGKILL",
    });
    child.on("error", reject);
    child.on("exit", (code, signal) => {
      if (code === 0) resolve();
      else reject(new Error(signal === null ? `exit code ${code}` : `ended by ${signal}`));
    });
    // Whether it reads what it is told is its own affair.
    child.stdin.on("error", () => {});
    child.stdin.end(line);
  });
}
