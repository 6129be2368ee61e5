import { lstatSync } from "node:fs";

/** Clock steps of common file systems: a change within one leaves the times as they were. */
const fineStepMs = 50;
const coarseStepMs = 2100;

/**
 * Size, times and inode of a file as one text, taken before it is read. Equal hints mean that nobody
 * wrote the file by ordinary means meanwhile: `ctime` cannot be set back by a program. It is a hint:
 * a file system that lies needs `rehash`.
 *
 * @param nowMs Milliseconds since 1970. A file whose times are within a clock step of now, or ahead
 *   of it, has no hint: it may change again without a trace.
 * @returns null when there is no hint.
 */
export function fileHint(path: string, nowMs: number): string | null {
  try {
    const status = lstatSync(path, { bigint: true });
    if (!status.isFile()) {
      return null;
    }
    const coarse = status.mtimeNs % 1_000_000_000n === 0n && status.ctimeNs % 1_000_000_000n === 0n;
    const newest = status.mtimeNs > status.ctimeNs ? status.mtimeNs : status.ctimeNs;
    const stepMs = coarse ? coarseStepMs : fineStepMs;
    if (newest > BigInt(Math.trunc(nowMs - stepMs)) * 1_000_000n) {
      return null;
    }
    return [status.dev, status.ino, status.size, status.mtimeNs, status.ctimeNs].join(":");
  } catch {
    return null;
  }
}

/** When the file was last changed, in milliseconds since 1970, as its hint has it. */
export function mtimeOfHint(hint: string | null): number | undefined {
  const nanoseconds = hint?.split(":")[3];
  return nanoseconds === undefined || !/^\d{1,20}$/u.test(nanoseconds)
    ? undefined
    : Number(BigInt(nanoseconds) / 1_000_000n);
}
