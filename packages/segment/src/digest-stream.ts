import { createHash } from "node:crypto";
import type { Hash } from "node:crypto";

/** Digests of a section that arrives in parts. */
export interface DigestStream {
  update(part: Uint8Array): void;
  /** The digest of everything, and one of each block of the size asked for. */
  finish(): { readonly digest: Uint8Array; readonly blocks: readonly Uint8Array[] };
}

/** Hashes a section once as a whole and once in blocks of `2 ** blockLog2` bytes. */
export function digestStream(blockLog2: number): DigestStream {
  const blockSize = 2 ** blockLog2;
  const whole = createHash("sha256");
  const blocks: Uint8Array[] = [];
  let block: Hash | undefined;
  let filled = 0;
  return {
    update(part) {
      whole.update(part);
      for (let at = 0; at < part.length;) {
        const taken = Math.min(blockSize - filled, part.length - at);
        block ??= createHash("sha256");
        block.update(part.subarray(at, at + taken));
        at += taken;
        filled += taken;
        if (filled === blockSize) {
          blocks.push(block.digest());
          block = undefined;
          filled = 0;
        }
      }
    },
    finish() {
      if (block !== undefined) {
        blocks.push(block.digest());
      }
      return { digest: whole.digest(), blocks };
    },
  };
}
