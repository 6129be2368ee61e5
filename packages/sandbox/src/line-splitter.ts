/** Splits a stream of bytes into lines that have at most `maxBytes` bytes. */
export interface LineSplitter {
  /** The lines that this chunk completed; `undefined` once a line is too long, and from then on. */
  push(chunk: Uint8Array): readonly Uint8Array[] | undefined;
}

const NEWLINE = 0x0a;

/** Makes a {@link LineSplitter}. Newlines are not part of the lines. */
export function lineSplitter(maxBytes: number): LineSplitter {
  let pending: Uint8Array[] = [];
  let size = 0;
  let broken = false;
  return {
    push: (chunk) => {
      if (broken) {
        return undefined;
      }
      const lines: Uint8Array[] = [];
      let from = 0;
      for (;;) {
        const at = chunk.indexOf(NEWLINE, from);
        const piece = chunk.subarray(from, at === -1 ? chunk.length : at);
        size += piece.length;
        if (size > maxBytes) {
          broken = true;
          pending = [];
          return undefined;
        }
        if (at === -1) {
          if (piece.length > 0) {
            pending.push(piece);
          }
          return lines;
        }
        lines.push(Buffer.concat([...pending, piece]));
        pending = [];
        size = 0;
        from = at + 1;
      }
    },
  };
}
