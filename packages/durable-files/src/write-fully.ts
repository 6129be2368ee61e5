import type { FileHandle } from "node:fs/promises";

/** Writes all bytes at an offset. A short write, as on a disk that gets full, is carried on with. */
export async function writeFully(
  handle: FileHandle,
  bytes: Uint8Array,
  offset: number,
): Promise<void> {
  let done = 0;
  while (done < bytes.length) {
    const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, offset + done);
    done += bytesWritten;
  }
}
