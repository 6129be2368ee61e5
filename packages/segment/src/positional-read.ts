import { readSync } from "node:fs";

import { segmentError } from "./segment-error.ts";

/** Reads at most `length` bytes from `position`; fewer only where the file ends. */
export function readUpTo(file: number, path: string, position: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  return bytes.subarray(0, fill(file, path, position, bytes));
}

/**
 * Fills `target` from `position`.
 * @throws CodedError `SEGMENT_TRUNCATED` when the file ends earlier: it may shrink while it is open.
 */
export function readExactly<T extends Uint8Array>(
  file: number,
  path: string,
  position: number,
  target: T,
): T {
  const got = fill(file, path, position, target);
  if (got !== target.length) {
    const expected = `expected ${target.length} bytes at ${position} of ${path}`;
    throw segmentError("SEGMENT_TRUNCATED", `${expected}, got ${got}`);
  }
  return target;
}

function fill(file: number, path: string, position: number, target: Uint8Array): number {
  let done = 0;
  try {
    while (done < target.length) {
      const got = readSync(file, target, done, target.length - done, position + done);
      if (got === 0) {
        break;
      }
      done += got;
    }
  } catch (error) {
    throw segmentError("SEGMENT_READ", `cannot read ${path}: ${(error as Error).message}`, error);
  }
  return done;
}
