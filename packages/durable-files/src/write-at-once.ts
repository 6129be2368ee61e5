import { writeSync } from "node:fs";

/** Writes all bytes at an offset on this thread: the kernel takes some kilobytes sooner than the thread pool takes a turn. */
export function writeAtOnce(fd: number, bytes: Uint8Array, offset: number): void {
  for (let done = 0; done < bytes.length;) {
    done += writeSync(fd, bytes, done, bytes.length - done, offset + done);
  }
}
