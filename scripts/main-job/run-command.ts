import { spawn } from "node:child_process";

import { CodedError } from "@clawkeep/diagnostics";

/** What one of our own executables answered. */
export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
}

/** Runs a built executable with the Node that runs this file; its stderr is ours. */
export async function runCommand(
  script: string,
  args: readonly string[],
  input?: string,
): Promise<CommandResult> {
  const child = spawn(process.execPath, [script, ...args], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const chunks: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
  // A child that ends before it has read its input is judged by its exit code.
  child.stdin.on("error", () => {});
  child.stdin.end(input ?? "");
  const code = await new Promise<number>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (status, signal) => resolve(signal === null ? (status ?? 2) : 130));
  });
  return { code, stdout: Buffer.concat(chunks).toString("utf8") };
}

/** The JSON that a command printed; throws `MAIN_JOB_COMMAND` when it failed or printed something else. */
export function parseOutput(name: string, result: CommandResult): unknown {
  try {
    if (result.code === 0) {
      return JSON.parse(result.stdout);
    }
  } catch {
    // Reported below with the code.
  }
  throw new CodedError({
    code: "MAIN_JOB_COMMAND",
    message: `expected JSON from ${name}, got exit code ${result.code} and ${result.stdout.length} characters`,
    hint: "its own message is above",
  });
}
