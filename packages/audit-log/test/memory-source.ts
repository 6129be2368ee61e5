import { readFile } from "node:fs/promises";

import { appendLeaf, leafHash } from "@clawkeep/integrity";

import { formatSlot, isBlankSlot, parseHead, recordLine } from "../src/head.ts";
import { parseVerifierFile } from "../src/log-key-chain.ts";
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
  const [verifier, log, ...slots] = await Promise.all(
    [paths.verifier, paths.log, ...paths.slots].map((path) => readFile(path)),
  );
  const head = slots.find((slot) => !isBlankSlot(slot)) ?? Buffer.alloc(0);
  return { verifier, head: withOnePending(head, verifier as Buffer), log } as LogBytes;
}

/** The same head, as it is when all lines but the last are durable, and with nothing behind it. */
function withOnePending(slot: Buffer, verifier: Buffer): Buffer {
  const head = parseHead(slot, parseVerifierFile(verifier));
  const lines = head.pending.map(recordLine);
  const before = lines
    .slice(0, -1)
    .reduce((tree, line) => appendLeaf(tree, leafHash(line.subarray(0, -1))), head.before);
  const one = { pending: head.pending.slice(-1), tail: lines.at(-1) ?? Buffer.alloc(0) };
  return Buffer.from(formatSlot({ ...head, before, ...one }));
}

/** A source over bytes in memory: thousands of changed logs need no disk. */
export function memorySource(bytes: LogBytes): LogSource {
  return {
    readVerifier: () => Promise.resolve(bytes.verifier),
    readHeads: () => Promise.resolve([bytes.head]),
    segments: () => Promise.resolve([0]),
    segmentSize: () => Promise.resolve(bytes.log.length),
    readSegment: (_first, offset, length) =>
      Promise.resolve(bytes.log.subarray(offset, offset + length)),
    close: () => Promise.resolve(),
  };
}
