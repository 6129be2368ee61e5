/** Cuts bytes into lines as they come. */
export interface LineSplitter {
  /** Whole lines without their newline; undefined as soon as one is longer than allowed. */
  push(chunk: Buffer): readonly Buffer[] | undefined;
  /** Bytes of a line that has not ended. */
  readonly pendingBytes: number;
}

/** Keeps at most one line of `longest` bytes. */
export function splitLines(longest: number): LineSplitter {
  let rest: Buffer[] = [];
  let bytes = 0;
  return {
    push: (chunk) => {
      const lines: Buffer[] = [];
      let start = 0;
      for (let end = chunk.indexOf(0x0a); end >= 0; end = chunk.indexOf(0x0a, start)) {
        if (bytes + end - start > longest) return undefined;
        lines.push(Buffer.concat([...rest, chunk.subarray(start, end)]));
        [rest, bytes, start] = [[], 0, end + 1];
      }
      if (start < chunk.length) {
        rest.push(chunk.subarray(start));
        bytes += chunk.length - start;
      }
      return bytes > longest ? undefined : lines;
    },
    get pendingBytes() {
      return bytes;
    },
  };
}
