import { availableParallelism } from "node:os";

import { commands } from "../arguments/command-table.ts";
import type { RawOptions } from "../arguments/parse-flags.ts";
import { integerOf } from "../arguments/parse-flags.ts";

/** Threads that fit into a worker's memory with a model each. */
export const mostWorkers = 16;

/** What is taken of a machine that has more: other programs embed through this one, and work too. */
const mostUnasked = 8;

/**
 * Threads that embed in a service: what `--workers` says; else one a processor that may be used, when other programs
 * ask for vectors and there are several, and none when only questions are answered.
 *
 * @throws CodedError `USAGE`
 */
export function workerThreads(
  options: RawOptions,
  processors: number = availableParallelism(),
): number {
  const wanted = integerOf(commands.serve, options, "workers", { from: 0, to: mostWorkers });
  if (wanted !== undefined) return wanted;
  const embeds = options.flags.has("openai") || options.flags.has("ollama");
  return embeds && processors > 1 ? Math.min(processors, mostUnasked) : 0;
}
