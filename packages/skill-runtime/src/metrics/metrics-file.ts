import { CodedError } from "@clawkeep/diagnostics";
import { lockFile, openRegularFile, replaceFile, sweepTemporaries } from "@clawkeep/durable-files";
import path from "node:path";

import { mergeSamples } from "./merge-samples.ts";
import { readMetrics } from "./metrics-text.ts";
import type { RunSample } from "./run-sample.ts";

/** Largest file that is read: some ten thousand actions. */
const maxBytes: number = 64 * 1024 * 1024;

/** Metrics of all runs that were told to add to one file. Holds nothing open. */
export interface MetricsFile {
  readonly path: string;
  /**
   * Adds in one step under a lock, so that no sample of another process is lost.
   * @throws CodedError METRICS_FOREIGN, METRICS_DAMAGED, METRICS_UNREADABLE, FILE_LOCKED, FILE_NOT_REPLACED; the file is then as it was
   */
  add(samples: readonly RunSample[]): Promise<void>;
}

/**
 * Names a metrics file, which need not be there yet, and looks whether it can be added to.
 * @throws CodedError METRICS_FOREIGN, METRICS_DAMAGED, METRICS_UNREADABLE
 */
export async function openMetricsFile(file: string): Promise<MetricsFile> {
  const absolute = path.resolve(file);
  const { text } = await read(absolute);
  if (text !== undefined) readMetrics(text, absolute);
  return { path: absolute, add: (samples) => add(absolute, samples) };
}

async function add(file: string, samples: readonly RunSample[]): Promise<void> {
  const lock = await lockFile(`${file}.lock`, { waitMs: 30_000 });
  try {
    const { text, mode } = await read(file);
    const merged = await mergeSamples(text, samples, file);
    await sweepTemporaries(file);
    await replaceFile(file, merged, { mode });
  } finally {
    lock.close();
  }
}

/** The mode is what the operator made of it; a new file is readable for the group of a collector. */
async function read(
  file: string,
): Promise<{ readonly text: string | undefined; readonly mode: number }> {
  try {
    const handle = await openRegularFile(file);
    try {
      const { size, mode } = await handle.stat();
      if (size > maxBytes) throw new Error(`expected at most ${maxBytes} bytes, got ${size}`);
      return { text: await handle.readFile("utf8"), mode: mode & 0o777 };
    } finally {
      await handle.close();
    }
  } catch (cause) {
    const isAbsent = cause instanceof Error && "code" in cause && cause.code === "ENOENT";
    if (isAbsent) return { text: undefined, mode: 0o640 };
    throw new CodedError({
      code: "METRICS_UNREADABLE",
      message: `${file}: expected a metrics file: ${cause instanceof Error ? cause.message : String(cause)}`,
      hint: "It was left as it is. Name another file, or make this one readable.",
      cause,
    });
  }
}
