import { createHash } from "node:crypto";
import { constants } from "node:fs";
import { open } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";

/** A SHA-256 digest as it stands in every JSON of Clawkeep: `sha256:` and 64 lower-case hex digits. */
export type Digest = `sha256:${string}`;

const pattern: RegExp = /^sha256:[0-9a-f]{64}$/u;
const blockBytes: number = 1 << 20;

/** True for a well-formed {@link Digest}. */
export function isDigest(value: unknown): value is Digest {
  return typeof value === "string" && pattern.test(value);
}

/**
 * SHA-256 of bytes, or of the UTF-8 form of a text.
 *
 * @param domain What the digest is of. It is hashed first, followed by a zero byte, so that a digest
 *   made for one purpose is never the digest of the same bytes made for another. Without it the
 *   digest is the one that `sha256sum` prints.
 */
export function digestBytes(bytes: Uint8Array | string, domain?: string): Digest {
  const hash = createHash("sha256");
  if (domain !== undefined) {
    hash.update(`${domain}\0`, "utf8");
  }
  return `sha256:${hash.update(bytes).digest("hex")}`;
}

/**
 * SHA-256 of all bytes that a file has, read by position from 0: the handle's own offset stays.
 * Hashing by handle means that the file which was checked is the file which was hashed.
 */
export async function digestHandle(handle: FileHandle): Promise<Digest> {
  const hash = createHash("sha256");
  const block = Buffer.allocUnsafe(blockBytes);
  for (let position = 0; ;) {
    const { bytesRead } = await handle.read(block, 0, blockBytes, position);
    if (bytesRead === 0) {
      return `sha256:${hash.digest("hex")}`;
    }
    hash.update(block.subarray(0, bytesRead));
    position += bytesRead;
  }
}

/** SHA-256 of a file, links followed. Throws what the file system throws (`ENOENT`, `EACCES` …). */
export async function digestFile(path: string): Promise<Digest> {
  // Without O_NONBLOCK a FIFO without a writer would hang the open for ever.
  const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    return await digestHandle(handle);
  } finally {
    await handle.close();
  }
}
