/** Bytes of a block: large enough that a write costs nothing, small beside everything else. */
const blockBytes = 1 << 18;

/**
 * The same bytes in parts of at least 256 KiB but for the last, so that rows and texts can be given one
 * by one to a section without a write for each. A block is good until the next one is asked for: its
 * memory is used again.
 */
export function* inBlocks(parts: Iterable<Uint8Array>): Generator<Uint8Array, void, undefined> {
  const block = new Uint8Array(blockBytes);
  let length = 0;
  for (const part of parts) {
    if (length + part.length > block.length) {
      if (length > 0) {
        yield block.subarray(0, length);
        length = 0;
      }
      if (part.length >= block.length) {
        yield part;
        continue;
      }
    }
    block.set(part, length);
    length += part.length;
  }
  if (length > 0) {
    yield block.subarray(0, length);
  }
}
