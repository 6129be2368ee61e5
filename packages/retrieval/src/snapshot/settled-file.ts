import { statSync } from "node:fs";

/** Clocks of file systems tick every 4 to 10 ms, on some every second or two. */
const settledMs = 3000;

/**
 * What tells a file from every other that stands, or stood, in its place: device, inode, size and both times. As long as it
 * is the same, so are the bytes: nobody can set the time of the last change.
 *
 * @param now Milliseconds since 1970.
 * @returns undefined when there is none, or when its last change is so near that another one could have the
 *   same time: then only its bytes tell.
 */
export function settledFile(file: string, now: number = Date.now()): string | undefined {
  try {
    const status = statSync(file, { bigint: true, throwIfNoEntry: false });
    if (status === undefined || now - Number(status.ctimeMs) < settledMs) {
      return undefined;
    }
    const { dev, ino, size, mtimeNs, ctimeNs } = status;
    return `${dev}:${ino}:${size}:${mtimeNs}:${ctimeNs}`;
  } catch {
    // Who reads it says what is wrong.
    return undefined;
  }
}
