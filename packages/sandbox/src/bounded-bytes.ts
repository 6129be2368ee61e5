/** Collects at most `limit` bytes: the first ones, or the last ones. */
export interface BoundedBytes {
  /** Returns false once more than `limit` bytes came. */
  add(chunk: Uint8Array): boolean;
  bytes(): Uint8Array;
  readonly truncated: boolean;
}

/** Makes a {@link BoundedBytes} that keeps the first or the last bytes. */
export function boundedBytes(limit: number, keep: "first" | "last"): BoundedBytes {
  let chunks: Uint8Array[] = [];
  let size = 0;
  let truncated = false;
  const dropFront = (): void => {
    while (size > limit) {
      const [first] = chunks;
      if (first === undefined) {
        return;
      }
      const surplus = size - limit;
      if (first.length <= surplus) {
        chunks.shift();
        size -= first.length;
      } else {
        chunks[0] = first.subarray(surplus);
        size -= surplus;
      }
    }
  };
  return {
    add: (chunk) => {
      if (size + chunk.length <= limit) {
        chunks.push(chunk);
        size += chunk.length;
        return !truncated;
      }
      truncated = true;
      if (keep === "first") {
        chunks.push(chunk.subarray(0, limit - size));
        size = limit;
      } else {
        chunks.push(chunk);
        size += chunk.length;
        dropFront();
      }
      return false;
    },
    bytes: () => {
      const whole = Buffer.concat(chunks);
      chunks = [whole];
      return whole;
    },
    get truncated() {
      return truncated;
    },
  };
}
