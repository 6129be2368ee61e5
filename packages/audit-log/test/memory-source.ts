import { readFile } from "node:fs/promises";

import { logPaths } from "../src/log-paths.ts";
import type { LogSource } from "../src/log-source.ts";

/** The bytes of a log that a test changes. */
export interface LogBytes {
  readonly verifier: Buffer;
  readonly head: Buffer;
  readonly log: Buffer;
}

/** Reads a log's files. */
export async function readBytes(folder: string): Promise<LogBytes> {
  const paths = logPaths(folder);
  const [verifier, head, log] = await Promise.all(
    [paths.verifier, paths.head, paths.log].map((path) => readFile(path)),
  );
  return { verifier, head, log } as LogBytes;
}

/** A source over bytes in memory: thousands of changed logs need no disk. */
export function memorySource(bytes: LogBytes): LogSource {
  return {
    readVerifier: () => Promise.resolve(bytes.verifier),
    readHead: () => Promise.resolve(bytes.head),
    logSize: () => Promise.resolve(bytes.log.length),
    readLog: (offset, length) => Promise.resolve(bytes.log.subarray(offset, offset + length)),
    close: () => Promise.resolve(),
  };
}
