import { createHash, hash } from "node:crypto";

import type { Digest } from "@clawkeep/integrity";

/** SHA-256 of `parts` one after another, as 32 bytes. */
export function sha256(...parts: readonly Uint8Array[]): Uint8Array {
  const [only] = parts;
  if (parts.length === 1 && only !== undefined) {
    return hash("sha256", only, "buffer");
  }
  const state = createHash("sha256");
  for (const part of parts) {
    state.update(part);
  }
  return state.digest();
}

/** `sha256:` and 64 hexadecimal digits. */
export function formatDigest(digest: Uint8Array): Digest {
  return `sha256:${Buffer.from(digest.buffer, digest.byteOffset, digest.length).toString("hex")}`;
}

/** The 32 bytes of a digest in its text form, or undefined when it is not in that form. */
export function parseDigest(text: string): Uint8Array | undefined {
  return /^sha256:[0-9a-f]{64}$/u.test(text) ? Buffer.from(text.slice(7), "hex") : undefined;
}

/** Whether 32 bytes of `a` from `aOffset` on are those of `b` from `bOffset` on. */
export function sameDigest(
  a: Uint8Array,
  aOffset: number,
  b: Uint8Array,
  bOffset: number,
): boolean {
  for (let index = 0; index < 32; index += 1) {
    if (a[aOffset + index] !== b[bOffset + index]) {
      return false;
    }
  }
  return true;
}
