import { CodedError } from "@clawkeep/diagnostics";
import type { Bitset } from "@clawkeep/segment";
import { countBits, createBitset } from "@clawkeep/segment";

import type { SnapshotSegment } from "./snapshot.ts";

/** Base64 of a bitset's first `ceil(size / 8)` bytes, least significant bit first. */
export function encodeDeleted(deleted: Bitset, size: number): string {
  const bytes = new Uint8Array(deleted.buffer, deleted.byteOffset, deleted.byteLength);
  return Buffer.from(bytes.subarray(0, (size + 7) >>> 3)).toString("base64");
}

/**
 * The deleted chunks of a segment, or undefined when none is.
 *
 * @throws CodedError `SNAPSHOT_FORMAT` when the text is not a bitset of the segment's size.
 */
export function decodeDeleted(segment: SnapshotSegment): Bitset | undefined {
  if (segment.deleted === undefined) {
    return undefined;
  }
  const bytes = Buffer.from(segment.deleted, "base64");
  const expected = (segment.chunks + 7) >>> 3;
  if (bytes.length !== expected || bytes.toString("base64") !== segment.deleted) {
    throw new CodedError({
      code: "SNAPSHOT_FORMAT",
      message: `expected ${expected} bytes of deleted chunks for segment ${segment.file}, got ${bytes.length}`,
      hint: "index the folder again with this version",
    });
  }
  const deleted = createBitset(segment.chunks);
  new Uint8Array(deleted.buffer).set(bytes);
  return deleted;
}

/** Chunks of a segment that are not deleted. */
export function livingChunks(segment: SnapshotSegment): number {
  const deleted = decodeDeleted(segment);
  return segment.chunks - (deleted === undefined ? 0 : countBits(deleted, segment.chunks));
}
