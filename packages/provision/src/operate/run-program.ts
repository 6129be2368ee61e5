import { spawn } from "node:child_process";
import { constants } from "node:os";
import process from "node:process";
import { createInterface } from "node:readline";

import { CodedError } from "@clawkeep/diagnostics";

import type { ProgramRun } from "./openclaw-command.ts";

/** What a program said. */
export interface ProgramAnswer {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs a program with this one's terminal, until it ends. Ctrl-C reaches it by the terminal; SIGTERM is passed on.
 *
 * @returns its exit code, or 128 and the number of the signal that ended it
 * @throws CodedError `PROGRAM_NOT_RUN`
 */
export async function runOnTerminal({
  program,
  args,
  environment,
  cwd,
  input,
}: ProgramRun): Promise<number> {
  const ignore = (): void => undefined;
  const child = spawn(program, [...args], {
    cwd,
    env: { ...environment },
    stdio: [input === undefined ? "inherit" : "pipe", "inherit", "inherit"],
  });
  // It may end before it has read all.
  child.stdin?.on("error", ignore).end(input);
  const pass = (): void => void child.kill("SIGTERM");
  process.on("SIGINT", ignore).on("SIGTERM", pass);
  try {
    return await new Promise<number>((resolve, reject) => {
      child.on("error", (cause) => reject(notRun(program, cause)));
      child.on("exit", (code, signal) =>
        resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal])),
      );
    });
  } finally {
    process.off("SIGINT", ignore).off("SIGTERM", pass);
  }
}

/**
 * Asks a program something and reads what it prints, at most 4 MiB of each stream, for at most ten minutes:
 * OpenClaw's commands take half a minute on a busy machine, and minutes on one that does not come to it.
 *
 * @throws CodedError `PROGRAM_NOT_RUN`, `PROGRAM_ANSWER` for too much or too late
 */
export async function askProgram({
  program,
  args,
  environment,
  cwd,
}: ProgramRun): Promise<ProgramAnswer> {
  const child = spawn(program, [...args], {
    cwd,
    env: { ...environment },
    stdio: ["ignore", "pipe", "pipe"],
    timeout: 600_000,
    killSignal: "SIGKILL",
  });
  const most = 4 * 1024 * 1024;
  const texts = { stdout: "", stderr: "" };
  let isTooMuch = false;
  for (const name of ["stdout", "stderr"] as const) {
    child[name].setEncoding("utf8").on("data", (part: string) => {
      texts[name] += part;
      if (texts[name].length <= most) return;
      isTooMuch = true;
      child.kill("SIGKILL");
    });
  }
  return new Promise<ProgramAnswer>((resolve, reject) => {
    child.on("error", (cause) => reject(notRun(program, cause)));
    child.on("close", (exitCode, signal) => {
      if (exitCode !== null) return resolve({ exitCode, ...texts });
      const why = isTooMuch ? `more than ${most} characters` : `its end by ${signal ?? "a signal"}`;
      reject(
        new CodedError({
          code: "PROGRAM_ANSWER",
          message: `expected an answer of ${program} within ten minutes, got ${why}`,
          hint: "`claw logs` says what the gateway does.",
        }),
      );
    });
  });
}

function notRun(program: string, cause: unknown): CodedError {
  return new CodedError({
    code: "PROGRAM_NOT_RUN",
    message: `expected to run ${program}, could not`,
    hint: "Find out whether it is there and may be run.",
    cause,
  });
}

/**
 * The lines that a program prints, such as a log that it follows, until it ends or the signal says so.
 *
 * @throws CodedError `PROGRAM_NOT_RUN`, and `PROGRAM_FAILED` for another exit code than 0
 */
export async function* programLines(
  { program, args, environment, cwd }: ProgramRun,
  signal: AbortSignal,
): AsyncGenerator<string> {
  const child = spawn(program, [...args], {
    cwd,
    env: { ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const stop = (): void => void child.kill("SIGTERM");
  const ended = new Promise<number>((resolve, reject) => {
    child.on("error", (cause) => reject(notRun(program, cause)));
    child.on("close", (code) => resolve(code ?? 255));
  });
  // It is awaited below, when all lines were read.
  ended.catch(() => undefined);
  const said: string[] = [];
  createInterface({ input: child.stderr }).on("line", (line) => {
    said.push(line.slice(0, mostLine));
    if (said.length > 3) said.shift();
  });
  signal.addEventListener("abort", stop);
  try {
    for await (const line of createInterface({ input: child.stdout }))
      yield line.slice(0, mostLine);
    const code = await ended;
    if (code === 0 || signal.aborted) return;
    throw new CodedError({
      code: "PROGRAM_FAILED",
      message: `${[program, ...args].join(" ")}: expected exit code 0, got ${code}: ${said.join("; ")}`,
      hint: "Run it yourself to see all that it says.",
    });
  } finally {
    signal.removeEventListener("abort", stop);
    stop();
  }
}

/** A longer line is cut: a log holds what others wrote. */
const mostLine = 64 * 1024;
