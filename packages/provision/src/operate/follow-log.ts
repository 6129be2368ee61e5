import { constants } from "node:fs";
import { open } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { StringDecoder } from "node:string_decoder";
import { setTimeout as pause } from "node:timers/promises";

/** Which lines of a log are read. */
export interface LogRange {
  /** Lines before the end to begin with. */
  readonly lines: number;
  /** Go on with what is written later, until the signal. */
  readonly follow: boolean;
  readonly signal?: AbortSignal;
}

/** A longer line is cut: a log holds what others wrote. */
const mostLineBytes = 64 * 1024;
const blockBytes = 64 * 1024;

/** The last lines of a file, then those that come. A log that is cut short or replaced is read from its start. */
export async function* followLog(file: string, range: LogRange): AsyncGenerator<string> {
  const { lines, follow, signal } = range;
  let handle = await openLog(file);
  try {
    let offset = await offsetOfLast(handle, lines);
    const splitter = new LineSplitter();
    const block = Buffer.alloc(blockBytes);
    for (;;) {
      const { bytesRead } = await handle.read(block, 0, blockBytes, offset);
      offset += bytesRead;
      yield* splitter.add(block.subarray(0, bytesRead));
      if (bytesRead > 0) continue;
      if (!follow || signal?.aborted === true) break;
      await pause(200, undefined, signal === undefined ? {} : { signal }).catch(() => undefined);
      if ((await handle.stat()).size < offset) {
        await handle.close();
        handle = await openLog(file);
        offset = 0;
      }
    }
    yield* splitter.rest();
  } finally {
    await handle.close();
  }
}

async function openLog(file: string): Promise<FileHandle> {
  return open(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
}

/** Where the last lines begin. */
async function offsetOfLast(handle: FileHandle, lines: number): Promise<number> {
  const { size } = await handle.stat();
  if (lines <= 0) return size;
  let left = lines;
  const block = Buffer.alloc(blockBytes);
  for (let end = size; end > 0; end -= Math.min(end, blockBytes)) {
    const start = Math.max(0, end - blockBytes);
    const { bytesRead } = await handle.read(block, 0, end - start, start);
    for (let at = bytesRead - 1; at >= 0; at -= 1) {
      if (block[at] !== 10 || start + at === size - 1) continue;
      left -= 1;
      if (left <= 0) return start + at + 1;
    }
  }
  return 0;
}

class LineSplitter {
  readonly #decoder = new StringDecoder("utf8");
  #open = "";

  *add(bytes: Uint8Array): Generator<string> {
    this.#open += this.#decoder.write(Buffer.from(bytes));
    for (let end = this.#open.indexOf("\n"); end >= 0; end = this.#open.indexOf("\n")) {
      yield cut(this.#open.slice(0, end));
      this.#open = this.#open.slice(end + 1);
    }
    // What never ends is not kept whole.
    if (this.#open.length > mostLineBytes) {
      yield cut(this.#open);
      this.#open = "";
    }
  }

  *rest(): Generator<string> {
    if (this.#open !== "") yield cut(this.#open);
    this.#open = "";
  }
}

function cut(line: string): string {
  return line.length > mostLineBytes ? `${line.slice(0, mostLineBytes)} […]` : line;
}
