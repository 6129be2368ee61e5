import { spawn } from "node:child_process";

import { CodedError, escapeForTerminal } from "@clawkeep/diagnostics";
import type { Finding } from "@clawkeep/diagnostics";

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

/** The JSON that a command printed; throws `MAIN_JOB_COMMAND`, with what it said, when it failed. */
export function parseOutput(name: string, result: CommandResult): unknown {
  if (result.code === 0) {
    return JSON.parse(result.stdout);
  }
  throw new CodedError({
    code: "MAIN_JOB_COMMAND",
    message: `expected an answer from ${name}, got exit code ${result.code}`,
    cause: new Error(explain(result.stdout)),
  });
}

/** A refusal's findings as text; anything else as it was printed. */
function explain(stdout: string): string {
  try {
    const { findings } = JSON.parse(stdout) as { readonly findings: readonly Finding[] };
    return findings.map(({ code, message }) => `${code}: ${message}`).join("; ");
  } catch {
    return escapeForTerminal(stdout.slice(0, 2000));
  }
}
