import { spawn } from "node:child_process";
import { constants } from "node:os";
import process from "node:process";

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
}: ProgramRun): Promise<number> {
  const ignore = (): void => undefined;
  const child = spawn(program, [...args], { cwd, env: { ...environment }, stdio: "inherit" });
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
 * Asks a program something and reads what it prints, at most 4 MiB of each stream, for at most two minutes.
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
    timeout: 120_000,
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
          message: `expected an answer of ${program} within two minutes, got ${why}`,
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
