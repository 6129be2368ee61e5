import { spawnSync } from "node:child_process";

/** One command to time as a whole process. */
export interface Contender {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
}

/** Milliseconds of each counted run, in the order they ran. */
export interface Timing {
  readonly name: string;
  readonly runs: readonly number[];
  readonly median: number;
}

/**
 * Runs every contender in turn, `rounds` times after one warm-up round, so that a change in the machine's
 * speed falls on all of them.
 */
export function timeInterleaved(
  contenders: readonly Contender[],
  rounds: number,
): readonly Timing[] {
  const runs = new Map<string, number[]>(contenders.map(({ name }) => [name, []]));
  for (let round = 0; round <= rounds; round += 1) {
    for (const { name, command, args } of contenders) {
      const started = process.hrtime.bigint();
      const result = spawnSync(command, args, { stdio: ["ignore", "pipe", "pipe"] });
      const elapsed = Number(process.hrtime.bigint() - started) / 1e6;
      if (result.status !== 0) {
        throw new Error(`${name} ended with ${String(result.status)}: ${result.stderr.toString()}`);
      }
      if (round > 0) {
        runs.get(name)?.push(elapsed);
      }
    }
  }
  return [...runs].map(([name, times]) => ({ name, runs: times, median: medianOf(times) }));
}

/** The middle value; the mean of the two middle ones for an even count. */
export function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
}
