import { spawn } from "node:child_process";

import { CodedError } from "@clawkeep/diagnostics";

const maxSaid: number = 2000;
const graceMs: number = 300;

/**
 * Starts a program, without a shell, hands it a checkpoint on its standard input and waits for its
 * end. What it prints is let go; its standard error is told when it fails.
 *
 * @param argv The program and its arguments.
 * @param timeoutMs After which it is killed.
 * @throws CodedError `WITNESS_COMMAND_FAILED`: not started, ended otherwise than with exit code 0,
 *   took too long, or ended its input before it had the checkpoint
 */
export async function tellWitness(
  argv: readonly string[],
  checkpoint: string,
  timeoutMs: number = 60_000,
): Promise<void> {
  const [file = "", ...rest] = argv;
  let said = "";
  let unread: Error | undefined;
  const ended = await new Promise<string | undefined>((resolve) => {
    try {
      const child = spawn(file, rest, { stdio: ["pipe", "ignore", "pipe"] });
      // Not by spawn's own option, whose timer outlives a program that could not be started.
      const timer = setTimeout(() => child.kill("SIGKILL"), timeoutMs);
      child.stderr.setEncoding("utf8").on("data", (text: string) => {
        said = (said + text).slice(0, maxSaid);
      });
      child.stdin.on("error", (error) => (unread = error));
      child.on("error", (error) => {
        clearTimeout(timer);
        resolve(error.message);
      });
      // Who inherited its standard error may hold that open for ever.
      child.on("exit", () => {
        clearTimeout(timer);
        setTimeout(() => child.stderr.destroy(), graceMs);
      });
      child.on("close", (code, signal) => {
        resolve(code === 0 ? undefined : signal === null ? `exit code ${code}` : signal);
      });
      child.stdin.end(checkpoint);
    } catch (error) {
      resolve(error instanceof Error ? error.message : String(error));
    }
  });
  const problem = ended ?? unread?.message;
  if (problem !== undefined) {
    const tail = said.trim() === "" ? "" : `: ${said.trim()}`;
    throw new CodedError({
      code: "WITNESS_COMMAND_FAILED",
      message: `expected ${JSON.stringify(file)} to take the checkpoint, got ${problem}${tail}`,
      hint: "The checkpoint was not witnessed: take it again when the command works.",
    });
  }
}
