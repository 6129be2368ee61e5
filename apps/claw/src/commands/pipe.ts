import { spawn } from "node:child_process";
import { once } from "node:events";

import { openPipes, parsePipe } from "@clawkeep/provision";

/** Options of `pipe` as they were written. */
export interface PipeOptions {
  readonly pipe: readonly string[];
}

/**
 * Carries bytes between places until it is told to stop, or while a program runs that it starts with its own
 * standard streams: such as the gateway in a network of its own.
 */
export async function runPipes(command: readonly string[], { pipe }: PipeOptions): Promise<number> {
  await using _pipes = await openPipes(pipe.map(parsePipe));
  const stopped = new Promise<NodeJS.Signals>((resolve) => {
    for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, resolve);
  });
  const [program, ...args] = command;
  if (program === undefined) {
    await stopped;
    return 0;
  }
  const child = spawn(program, args, { stdio: "inherit" });
  void stopped.then((signal) => child.kill(signal));
  const [code] = (await once(child, "exit")) as [number | null];
  return code ?? 2;
}
