import { spawn } from "node:child_process";

import { treeRssAnon } from "./tree-memory.ts";

/** What a whole process took. */
export interface ProgramRun {
  readonly seconds: number;
  /** Of the process and its children; 0 unless asked for. */
  readonly cpuSeconds: number;
  /** The highest that was seen, 20 times a second, over the process tree; 0 unless asked for. */
  readonly peakRssAnonMiB: number;
  readonly stdout: string;
}

/** What is told of one run. */
export interface ProgramOptions {
  readonly environment?: Readonly<Record<string, string>>;
  /** Measure processor time and memory too: through a shell, some milliseconds slower. */
  readonly resources?: boolean;
  readonly minutes?: number;
}

/**
 * Runs a program to its end.
 * @throws Error when it fails, with what it wrote to standard error.
 */
export async function runProgram(
  command: string,
  args: readonly string[],
  options: ProgramOptions = {},
): Promise<ProgramRun> {
  const { environment = {}, resources = false, minutes = 60 } = options;
  const line = resources
    ? ["bash", "-c", 'TIMEFORMAT="clawkeep-time %U %S"; time "$@"', "bash", command, ...args]
    : [command, ...args];
  const started = process.hrtime.bigint();
  const child = spawn(line[0] ?? "", line.slice(1), {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...environment },
  });
  const output: Record<"stdout" | "stderr", string> = { stdout: "", stderr: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => (output.stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (output.stderr += text));
  let peakRssAnonMiB = 0;
  const watch = resources
    ? setInterval(() => {
        peakRssAnonMiB = Math.max(peakRssAnonMiB, treeRssAnon(child.pid ?? 0));
      }, 50)
    : undefined;
  const timer = setTimeout(() => child.kill("SIGKILL"), minutes * 60_000);
  let seconds = 0;
  child.once("exit", () => (seconds = Number(process.hrtime.bigint() - started) / 1e9));
  const ending = await new Promise<string>((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("close", (code, signal) => resolve(signal ?? String(code)));
  });
  clearInterval(watch);
  clearTimeout(timer);
  if (ending !== "0") {
    throw new Error(
      `${command} ${args[0] ?? ""} ended with ${ending}: ${output.stderr.slice(-2000)}`,
    );
  }
  const [, user, system] = /clawkeep-time ([\d.,]+) ([\d.,]+)/u.exec(output.stderr) ?? [];
  // The shell writes them with the decimal sign of the language that is set.
  const secondsOf = (text = "0"): number => Number(text.replace(",", "."));
  const cpuSeconds = secondsOf(user) + secondsOf(system);
  return { seconds, cpuSeconds, peakRssAnonMiB, stdout: output.stdout };
}
